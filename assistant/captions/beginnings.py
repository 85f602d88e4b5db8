"""Sentences begin with a capital letter, also where a recogniser heard no more than the middle of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.captions.line_breaks import ends_sentence
from models.types import Segment, Word

# What may stand before the first letter. An apostrophe stands for a letter, and the word stays small: 't is.
_OPENING = '"“„«‹([{¿¡-–— '
# The capital of an i with a dot has one too.
_DOTTED = frozenset(("tr", "az"))


def with_capitals(segments: Sequence[Segment]) -> Iterator[Segment]:
    """
    Args:
        segments: of a recording, in order.

    Yields:
        The same, those that begin a sentence with a capital: the first one, and each behind the end of a sentence. What
        a recogniser wrote with capitals inside (iPhone) stays as it is.
    """
    before: Segment | None = None
    for segment in segments:
        yield _with_capital(segment) if before is None or _has_ended(before, segment) else segment
        before = segment


def _has_ended(before: Segment, segment: Segment) -> bool:
    last, first = before.text.split()[-1:], segment.text.split()[:1]
    return bool(last and first) and ends_sentence(last[0], first[0], before.language)


def _with_capital(segment: Segment) -> Segment:
    if not segment.words:
        return replace(segment, text=_capital(segment.text, segment.language))
    at, first = next(((at, word) for at, word in enumerate(segment.words) if _is_said(word)), (0, segment.words[0]))
    capital = _capital(first.text, segment.language)
    words = (*segment.words[:at], replace(first, text=capital), *segment.words[at + 1 :])
    return replace(segment, text=segment.text.replace(first.text, capital, 1), words=words)


def _is_said(word: Word) -> bool:
    """A sign that stands alone is no word."""
    return any(character.isalnum() for character in word.text)


def _capital(text: str, language: str) -> str:
    at = len(text) - len(text.lstrip(_OPENING))
    word = text[at:].split(maxsplit=1)[:1]
    if not word or not word[0][0].islower() or word[0] != word[0].lower():
        return text
    letter = "İ" if language in _DOTTED and text[at] == "i" else text[at].upper()
    return text if len(letter) > 1 else text[:at] + letter + text[at + 1 :]  # ß has none
