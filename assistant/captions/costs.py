"""What a cue costs: first of all the rules that it breaks, then by how much, then how well it reads.

Costs stand in steps: no amount of comfort outweighs a broken rule. Within a step only the proportions matter; they were
set so that the examples of the tests come out as a subtitler would cut them.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence

from assistant.captions.line_breaks import break_cost, ends_sentence
from assistant.captions.pieces import Piece
from assistant.captions.scripts import width
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
        self._space = width(" ", language)
        self._first, self._last, self._spaces = [], [], []
        at, spaces = 0.0, 0
        for piece in pieces:
            at, spaces = at + self._space * piece.is_spaced, spaces + piece.is_spaced
            self._first.append(at)
            at += width(piece.word.text, language)
            self._last.append(at)
            self._spaces.append(spaces)
        self._breaks = [0.0, *itertools.starmap(_break, itertools.pairwise(pieces)), 0.0]
        self._sentences, self._pauses_s = _before(pieces)
        self._line_starts, self._line_breaks = self._lines()

    def __len__(self) -> int:
        return len(self._ends_s)

    def _lines(self) -> tuple[list[int], list[int]]:
        """The longest line that ends before each piece, and that starts with it: its first piece, and its end.

        A piece that is longer than a line is one of its own.
        """
        starts, ends = [0], [0] * len(self)
        first = 0
        for end in range(1, len(self) + 1):
            while self.length(first, end) > self._longest and first < end - 1:
                first += 1
            starts.append(first)
            ends[first] = end
        return starts, list(itertools.accumulate(ends, max))

    def length(self, first: int, end: int) -> float:
        """Characters of the pieces [first, end) in one line."""
        return self._last[end - 1] - self._first[first]

    def earliest(self, end: int) -> int:
        """The first piece of the longest cue that ends before piece `end`; all that start later fit as well."""
        line_start = self._line_starts[end]
        fitting = line_start if self._standard.lines == 1 else self._line_starts[line_start]
        # No cue may be gone before its last word is said.
        gone_s = self._starts_s[end - 1] - self._standard.longest_s
        return max(fitting, bisect.bisect_right(self._starts_s, gone_s, 0, end - 1))

    def best_break(self, first: int, end: int) -> int:
        """Where the second line of a cue starts; `end` where all fits into a single line, which is then best."""
        if first >= self._line_starts[end]:
            return end
        return min(self._middles(first, end), key=lambda middle: self._line_cost(first, middle, end))

    def _middles(self, first: int, end: int) -> range:
        return range(max(first + 1, self._line_starts[end]), min(end - 1, self._line_breaks[first]) + 1)

    def _line_cost(self, first: int, middle: int, end: int) -> float:
        if middle == end:
            return 0.0
        difference = abs(self.length(first, middle) - self.length(middle, end)) / self._longest
        return self._breaks[middle] + _UNBALANCED * difference

    def end_s(self, first: int, middle: int, end: int) -> float:
        """When the cue of the pieces [first, end) ends, whose second line starts at `middle`."""
        audio_end_s, reading_s = self._ends_s[end - 1], self._reading_s(first, middle, end)
        return cue_end_s(self._starts_s[first], audio_end_s, self._starts_s[end], reading_s, self._standard)

    def least_cost(self, end: int) -> float:
        """What any cue costs that ends before piece `end`."""
        return _CUE + _CUE_END * self._breaks[end]

    def cost(self, first: int, end: int) -> float:
        """Of a cue of the pieces [first, end), which fit."""
        middle = self.best_break(first, end)
        end_s = self.end_s(first, middle, end)
        comfort = self._line_cost(first, middle, end) + self._discomfort(first, end, end_s)
        return self.least_cost(end) + comfort + self._broken(first, middle, end, end_s)

    def _reading_s(self, first: int, middle: int, end: int) -> float:
        """As `Standard.reading_s` has it; its numbers are at hand, as it is asked for every possible cue."""
        ends_line = middle < end and self._spaces[middle] == self._spaces[middle - 1]  # counts as a space
        words = 1 + self._spaces[end - 1] - self._spaces[first] + ends_line
        return max((self.length(first, end) + self._space * ends_line) / self._cps, words * self._word_s)

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
            _SENTENCE_INSIDE * (self._sentences[end - 1] - self._sentences[first])
            + _PAUSE_INSIDE * (self._pauses_s[end - 1] - self._pauses_s[first])
            + _DISCOMFORT * max(0.0, shortest_s - shown_s, shown_s - longest_s)
            + _LINGER * max(0.0, end_s - self._ends_s[end - 1] - _LINGER_S)
        )


def _break(before: Piece, after: Piece) -> float:
    return break_cost(before.word.text, after.word.text, before.language)


def _before(pieces: Sequence[Piece]) -> tuple[list[int], list[float]]:
    """Ends of sentences, and seconds of pauses, before each piece."""
    sentences, pauses_s = [0], [0.0]
    for before, after in itertools.pairwise(pieces):
        is_end = ends_sentence(before.word.text, after.word.text, before.language)
        sentences.append(sentences[-1] + is_end)
        pauses_s.append(pauses_s[-1] + max(0.0, after.word.start_s - before.word.end_s - _PAUSE_FROM_S))
    return sentences, pauses_s
