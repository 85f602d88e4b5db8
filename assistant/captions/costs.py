"""What a cue costs: first of all the rules that it breaks, then by how much, then how well it reads.

Costs stand in steps: no amount of comfort outweighs a broken rule. Within a step only the proportions matter; they were
set so that the examples of the tests come out as a subtitler would cut them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from assistant.captions.line_ends import break_cost, ends_sentence
from assistant.captions.pieces import Piece
from assistant.captions.standards import Standard
from assistant.captions.timing import cue_end_s

_BROKEN_RULE = 1e5
_EXCESS = 1e3  # for each broken rule, times how far it is broken, of 1

_CUE = 6.0  # each change of text costs attention: few, full cues
_CUE_END = 1.5  # a cue that ends badly is worse than such a line
_SENTENCE_INSIDE = 5.0  # a sentence should begin a cue
_PAUSE_INSIDE = 12.0  # a second; text that is shown long before it is said tells too much
_PAUSE_FROM_S = 0.3  # a shorter one is a breath
_COMFORTABLE_S = (1.2, 6.0)  # a shorter cue flashes, a longer one is read twice
_DISCOMFORT = 10.0  # a second
_LINGER_S, _LINGER = 0.5, 4.0  # behind the sound, at most, by Netflix; a second more
_UNBALANCED = 6.0  # times the difference of two lines, of a full line

_SAME_S = 1e-6  # times are whole milliseconds; less is only how they are stored


class Stretch:
    """Consecutive pieces in one language, with all that is needed to cost any run of them as a cue.

    Args:
        pieces: at least one.
        next_s: when the next stretch starts; inf where there is none.
    """

    def __init__(self, pieces: Sequence[Piece], next_s: float, standard: Standard) -> None:
        self._standard = standard
        self._starts_s = [piece.word.start_s for piece in pieces] + [next_s]
        self._ends_s = [piece.word.end_s for piece in pieces]
        language = pieces[0].language
        self._longest = standard.line_length(language)
        self._cps, self._word_s = standard.reading_speed_cps(language), standard.word_s(language)
        # Where each piece starts and ends, and the words before it, were all the text in one line.
        self._first, self._last, self._spaces = [], [], []
        at, spaces = 0, 0
        for piece in pieces:
            at, spaces = at + piece.is_spaced, spaces + piece.is_spaced
            self._first.append(at)
            at += len(piece.word.text)
            self._last.append(at)
            self._spaces.append(spaces)
        self._breaks = [0.0, *itertools.starmap(_break, itertools.pairwise(pieces)), 0.0]
        self._sentences, self._pauses_s = self._before(pieces)

    def __len__(self) -> int:
        return len(self._ends_s)

    def _before(self, pieces: Sequence[Piece]) -> tuple[list[int], list[float]]:
        """Ends of sentences, and seconds of pauses, before each piece."""
        sentences, pauses_s = [0], [0.0]
        for before, after in itertools.pairwise(pieces):
            is_end = ends_sentence(before.word.text, after.word.text, before.language)
            sentences.append(sentences[-1] + is_end)
            pauses_s.append(pauses_s[-1] + max(0.0, after.word.start_s - before.word.end_s - _PAUSE_FROM_S))
        return sentences, pauses_s

    def length(self, first: int, end: int) -> int:
        """Characters of the pieces [first, end) in one line."""
        return self._last[end - 1] - self._first[first]

    def fits(self, first: int, end: int) -> bool:
        """Whether the pieces [first, end) can be one line; a piece that is longer than a line is one of its own."""
        return self.length(first, end) <= self._longest or end - first == 1

    def best_break(self, first: int, end: int) -> tuple[int, float]:
        """Where the second line starts, `end` for a single line, and what that costs; inf: it does not fit."""
        if self.fits(first, end):
            return end, 0.0
        best, least = end, math.inf
        if self._standard.lines > 1:
            for middle in range(end - 1, first, -1):
                if not self.fits(middle, end):
                    break
                if self.fits(first, middle):
                    difference = abs(self.length(first, middle) - self.length(middle, end)) / self._longest
                    cost = self._breaks[middle] + _UNBALANCED * difference
                    if cost < least:
                        best, least = middle, cost
        return best, least

    def may_fit(self, first: int, end: int) -> bool:
        """False once nothing that starts earlier, and ends at `end`, can be a cue."""
        return end - first <= self._standard.lines or self.length(first, end) <= 2 * self._longest + 1

    def end_s(self, first: int, middle: int, end: int) -> float:
        """When the cue of the pieces [first, end) ends, whose second line starts at `middle`."""
        audio_end_s, reading_s = self._ends_s[end - 1], self._reading_s(first, middle, end)
        return cue_end_s(self._starts_s[first], audio_end_s, self._starts_s[end], reading_s, self._standard)

    def cost(self, first: int, end: int) -> float:
        """Of a cue of the pieces [first, end); inf where they do not fit."""
        middle, line_cost = self.best_break(first, end)
        if line_cost == math.inf:
            return math.inf
        end_s = self.end_s(first, middle, end)
        return line_cost + self._broken(first, middle, end, end_s) + self._discomfort(first, end, end_s)

    def _reading_s(self, first: int, middle: int, end: int) -> float:
        """As `Standard.reading_s` has it; its numbers are at hand, as it is asked for every possible cue."""
        ends_line = middle < end and self._spaces[middle] == self._spaces[middle - 1]  # counts as a space
        words = 1 + self._spaces[end - 1] - self._spaces[first]
        return max((self.length(first, end) + ends_line) / self._cps, words * self._word_s)

    def _broken(self, first: int, middle: int, end: int, end_s: float) -> float:
        """The rules that `check` would find broken, each with how far it is."""
        standard = self._standard
        shown_s, gap_s = end_s - self._starts_s[first], self._starts_s[end] - end_s
        excesses = [self.length(first, middle) / self._longest - 1]
        if middle < end:
            excesses.append(self.length(middle, end) / self._longest - 1)
        excesses.append((self._reading_s(first, middle, end) - _SAME_S) / shown_s - 1)
        excesses.append((standard.shortest_s - _SAME_S) / shown_s - 1)
        if abs(gap_s - standard.chained_gap_s) > _SAME_S and gap_s < standard.open_gap_s - _SAME_S:
            excesses.append(1.0)
        return sum(_BROKEN_RULE + _EXCESS * min(excess, 1.0) for excess in excesses if excess > 0)

    def _discomfort(self, first: int, end: int, end_s: float) -> float:
        shown_s = end_s - self._starts_s[first]
        shortest_s, longest_s = _COMFORTABLE_S
        return (
            _CUE
            + _CUE_END * self._breaks[end]
            + _SENTENCE_INSIDE * (self._sentences[end - 1] - self._sentences[first])
            + _PAUSE_INSIDE * (self._pauses_s[end - 1] - self._pauses_s[first])
            + _DISCOMFORT * max(0.0, shortest_s - shown_s, shown_s - longest_s)
            + _LINGER * max(0.0, end_s - self._ends_s[end - 1] - _LINGER_S)
        )


def _break(before: Piece, after: Piece) -> float:
    return break_cost(before.word.text, after.word.text, before.language)
