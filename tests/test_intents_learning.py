"""What the classifier learns from: families of sentences, and what words of different languages have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.intents import classifier
from assistant.intents.concepts import concepts
from assistant.intents.families import sentences
from assistant.intents.labelled import read_sentences
from assistant.intents.phrases import words
from assistant.intents.subject import subject
from assistant.phrases.phrasebook import LANGUAGES

DATA = Path(__file__).parent / "data"
# As many bytes as the weights may take.
MOST_BYTES = 520_000


def test_members_of_a_family_are_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "families_en.tsv"
    file.write_text("{thing}\t(a cat|an (owl|ape))\ndraw\t(draw|paint) {thing} [please]\n", encoding="utf-8")
    drawn = {sentence.text for sentence in sentences(file, 200)}
    things = [f"{verb} {thing}" for verb in ("draw", "paint") for thing in ("a cat", "an owl", "an ape")]
    assert drawn == {f"{thing}{end}" for thing in things for end in ("", " please")}
    assert {(sentence.label, sentence.language) for sentence in sentences(file, 3)} == {("draw", "en")}
    assert sentences(file, 3) == sentences(file, 3)


def test_a_part_that_nobody_described_is_named(tmp_path: Path) -> None:
    file = tmp_path / "families_en.tsv"
    file.write_text("draw\tdraw {thing}\n", encoding="utf-8")
    with pytest.raises(KeyError, match="thing"):
        sentences(file, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_families_of_every_label(language: str) -> None:
    found = sentences(DATA / f"intents_families_{language}.tsv", 1)
    assert {sentence.label for sentence in found} == {s.label for s in read_sentences(DATA / "intents_spoken.tsv")}


@pytest.mark.parametrize(
    ("text", "concept"),
    [("quita", "remove"), ("togli", "remove"), ("Entferne", "remove"), ("añade", "add"), ("Leuchttürme", "visible")],
)
def test_words_of_all_languages_are_about_the_same(text: str, concept: str) -> None:
    assert concept in concepts(words(text)[0].key)


def test_what_is_no_known_word_is_about_nothing() -> None:
    assert concepts("qqqq") == ()


def test_the_weights_are_small() -> None:
    file = Path(classifier.__file__).with_suffix(".npz")
    assert file.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("okay so my daughter wants a unicorn, like a really fluffy one", "a unicorn, like a really fluffy one"),
        ("for the card we'd need a cake with candles, can you paint that", "a cake with candles"),
        ("ich hätt so gern mal n Bild von einem Dackel", "einem Dackel"),
        ("bah écoute il me faudrait un joli dessin d'un renard", "un renard"),
        ("quiero que me hagas un dibujo de un perro con bufanda", "un perro con bufanda"),
        ("draw something", ""),
    ],
)
def test_what_is_to_be_drawn_is_what_is_named(text: str, prompt: str) -> None:
    assert subject(text) == prompt
