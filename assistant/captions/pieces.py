"""What is laid out: words in order, each at a time of its own, none longer than it must be. No lines and no cues."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.captions.scripts import UNSPACED, is_ideographic, language_of
from assistant.captions.time_order import believable
from models.types import Segment, Word

# Whisper tells times in steps of this length. Words that share a time, or stand before the one before them, are moved
# behind it by one step, so that no cue is ever empty of time.
_STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, or a piece of text without spaces; nothing is broken inside it.

    Attributes:
        word: its text without white space; times in whole milliseconds, start_s < end_s.
        is_spaced: whether a space stands before it, unless it begins a line.
        language: ISO 639-1 code, without a region.
    """

    word: Word
    is_spaced: bool
    language: str


def pieces_of(segments: Iterable[Segment]) -> list[Piece]:
    """All words in the order given, with times that rise; words without text are left out."""
    pieces: list[Piece] = []
    for segment in segments:
        pieces += _of_segment(segment, pieces[-1].word.text if pieces else "")
    return list(_in_time(pieces))


def _of_segment(segment: Segment, before: str) -> Iterator[Piece]:
    """`before`: the word that the segment follows; its text does not tell whether there is a space between."""
    language = language_of(segment.text, segment.language)
    at = 0
    for word in segment.words or (Word(segment.text, segment.start_s, segment.end_s, 1.0),):
        for part in _parts(_within(word, segment)):
            found = segment.text.find(part.text, at)
            gap = segment.text[at:found]
            # Only white space may lie between: anything else means that text and words do not go together.
            is_known = found >= 0 and not gap.strip()
            is_spaced = bool(gap) if is_known and at else _needs_space(before, part.text, language)
            at = found + len(part.text) if is_known else at
            yield Piece(part, is_spaced, language)
            before = part.text


def _needs_space(before: str, after: str, language: str) -> bool:
    """By the script alone, where the text of the segment does not tell."""
    if not before or not (is_ideographic(before[-1]) or is_ideographic(after[0]) or language in UNSPACED):
        return True
    return before[-1].isascii() and after[0].isascii() and before[-1].isalnum() and after[0].isalnum()


def _within(word: Word, segment: Segment) -> Word:
    """A word whose times are no numbers, or lie outside its segment, is moved into it."""
    start_s = next(filter(math.isfinite, (word.start_s, segment.start_s)), 0.0)
    end_s = word.end_s if math.isfinite(word.end_s) else start_s
    if segment.start_s < segment.end_s:
        start_s = min(max(start_s, segment.start_s), segment.end_s)
        end_s = min(end_s, segment.end_s)
    return replace(word, start_s=start_s, end_s=max(start_s, end_s))


def _parts(word: Word) -> Iterator[Word]:
    """Cut at white space, and between characters of scripts without spaces where it is longer than a usual word."""
    texts = [part for text in word.text.split() for part in _characters(text)]
    length = sum(map(len, texts))
    at = 0
    for text in texts:
        start_s, end_s = (word.start_s + (word.end_s - word.start_s) * n / length for n in (at, at + len(text)))
        yield replace(word, text=text, start_s=start_s, end_s=end_s)
        at += len(text)


# Few Chinese or Japanese words have more characters; what is longer is a stretch of text that nobody cut.
_LONGEST_UNSPACED = 4


def _characters(text: str) -> Iterable[str]:
    if len(text) <= _LONGEST_UNSPACED or not any(map(is_ideographic, text)):
        return (text,)
    return _grouped(text)


def _grouped(text: str) -> list[str]:
    """Each Chinese or Japanese character alone, letters and digits between them together."""
    groups: list[str] = []
    for character in text:
        if groups and not is_ideographic(character) and not is_ideographic(groups[-1][-1]):
            groups[-1] += character
        else:
            groups.append(character)
    return groups


def _in_time(pieces: Sequence[Piece]) -> Iterator[Piece]:
    starts_s: list[float] = []
    for time_s in believable([piece.word.start_s for piece in pieces]):
        earliest_s = starts_s[-1] + _STEP_S if starts_s else 0.0
        starts_s.append(round(max(time_s, earliest_s), 3))
    for piece, start_s, next_s in zip(pieces, starts_s, [*starts_s, math.inf][1:], strict=True):
        end_s = min(max(piece.word.end_s, start_s + _STEP_S), next_s)
        yield replace(piece, word=replace(piece.word, start_s=start_s, end_s=round(end_s, 3)))
