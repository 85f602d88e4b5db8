"""Sentences begin with a capital letter, and nothing else changes."""

from __future__ import annotations

import pytest
from spoken_text import spoken

from assistant.captions.beginnings import with_capitals
from models.types import Segment


def written(*texts: str, language: str = "en") -> list[str]:
    segments = list(with_capitals([spoken(text, language) for text in texts]))
    for segment in segments:
        assert "".join(segment.text.split()) == "".join(word.text for word in segment.words)
    return [segment.text for segment in segments]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "in being comparatively modern.", "In being comparatively modern."),
        ("es", "las arenas son blancas", "Las arenas son blancas"),
        ("es", "¿dónde está?", "¿Dónde está?"),
        ("fr", "« ça va », dit-il.", "« Ça va », dit-il."),
        ("ru", "он сказал", "Он сказал"),
        ("tr", "iyi günler", "İyi günler"),
        ("en", "iPhone prices rise", "iPhone prices rise"),
        ("en", "42 line bible", "42 line bible"),
        ("nl", "'t is koud", "'t is koud"),
        ("de", "ßa", "ßa"),
        ("ja", "東京です。", "東京です。"),
        ("ar", "نعم", "نعم"),
        ("en", "Already there", "Already there"),
    ],
)
def test_the_first_sentence_begins_with_a_capital(language: str, text: str, expected: str) -> None:
    assert written(text, language=language) == [expected]


def test_a_sentence_that_goes_on_goes_on_in_small_letters() -> None:
    assert written("He came,", "saw,", "and won.", "nobody spoke.", "with Mr.", "smith it ended", "so") == [
        "He came,", "saw,", "and won.", "Nobody spoke.", "With Mr.", "smith it ended", "so",
    ]  # fmt: skip


def test_text_without_words_is_written_with_a_capital_too() -> None:
    assert [each.text for each in with_capitals([Segment("yes.", 0, 1, "en"), Segment("", 1, 2, "en")])] == ["Yes.", ""]
