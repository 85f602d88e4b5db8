"""Word times from Whisper's attention, moved to where the voice activity detector hears speech begin and end.

Attention tells the order of words well, and their borders within fluent speech to some hundredths of a second; but it
gives pauses to the words around them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.types import Word
from models.vad.speech_spans import Span

# Beyond this the detector and Whisper mean different sounds.
_TOLERANCE_S = 0.5
# A word that begins in a stretch of speech, this long before its end, is said there, not only behind the pause.
_SAID_BEFORE_S = 0.15
# Whisper counts time in such steps. No word is shorter.
_SHORTEST_S = 0.02


def snapped(words: Sequence[Word], spans: Sequence[Span]) -> tuple[Word, ...]:
    """
    Args:
        words: in order of time.
        spans: where somebody speaks, in order; at least one.

    Returns:
        The same words. A word behind a pause begins with the speech, one before a pause ends with it; starts rise, and
        no word ends before it starts or after the next one starts.
    """
    places = list(itertools.accumulate((_place(word, spans) for word in words), max))
    moved: list[Word] = []
    for place, group in itertools.groupby(zip(places, words, strict=True), key=lambda pair: pair[0]):
        before = spans[place - 1] if place else None
        moved += _within([word for _, word in group], spans[place], before)
    return tuple(_in_order(moved))


def _place(word: Word, spans: Sequence[Span]) -> int:
    """The stretch of speech that most of the word lies in, or else the nearest."""

    def overlap_s(place: int) -> float:  # below zero: the distance
        return min(word.end_s, spans[place].end_s) - max(word.start_s, spans[place].start_s)

    return max(range(len(spans)), key=overlap_s)


def _within(words: Sequence[Word], span: Span, before: Span | None) -> list[Word]:
    """The words of one stretch of speech, the first and the last moved to its borders."""
    first, *_ = words
    early_s = span.start_s - first.start_s
    is_said_before = before is not None and first.start_s < before.end_s - _SAID_BEFORE_S
    if (early_s > 0 and not is_said_before) or -_TOLERANCE_S < early_s <= 0:
        words = [replace(first, start_s=span.start_s), *words[1:]]
    last = words[-1]
    if last.end_s > span.end_s - _TOLERANCE_S:
        words = [*words[:-1], replace(last, end_s=span.end_s)]
    return list(words)


def _in_order(words: Iterable[Word]) -> list[Word]:
    ordered: list[Word] = []
    for word in words:
        earliest_s = ordered[-1].start_s + _SHORTEST_S if ordered else 0.0
        start_s = max(word.start_s, earliest_s)
        if ordered and ordered[-1].end_s > start_s:
            ordered[-1] = replace(ordered[-1], end_s=start_s)
        ordered.append(replace(word, start_s=start_s, end_s=max(word.end_s, start_s + _SHORTEST_S)))
    return ordered
