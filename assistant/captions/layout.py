"""From words to cues: the cheapest of all ways to cut them, by dynamic programming.

A cue starts when its first word does (but for the `leeway` of those that are hard to read), and when it ends depends on
its own words and on the start of the next one (`timing`), so what a cue costs (`costs`) depends on nothing but where it
is cut out of the text. A cue holds few words, so the work grows with the number of words, not with its square.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from assistant.captions.costs import Stretch
from assistant.captions.cue import Cue
from assistant.captions.leeway import with_leeway
from assistant.captions.pieces import Piece, pieces_of
from assistant.captions.standards import Standard
from models.types import Segment

# No cue stays over a longer silence: the next words would be read long before they are said.
_LONG_SILENCE_S = 1.5


def lay_out(segments: Sequence[Segment], standard: Standard) -> list[Cue]:
    """
    Args:
        segments: in order; their words with times. Where a segment has none, its text is spread over its time.

    Returns:
        Cues in order that do not overlap, with every word once, in the order given. They keep all rules of the standard
        if any way to cut the text does; otherwise they break as few of the rules of time as they can. A word that is
        longer than a line is left whole on a line of its own; no other line is too long.
    """
    pieces = pieces_of(segments)
    cues = [cue for first, end in _stretches(pieces) for cue in _cues(pieces, first, end, standard)]
    return with_leeway(cues, standard)


def _stretches(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """[first, end) of what no cue may cross the borders of: long silences, and changes of language."""
    first = 0
    for at, (before, after) in enumerate(itertools.pairwise(pieces), start=1):
        is_silent = after.word.start_s - before.word.end_s >= _LONG_SILENCE_S
        if is_silent or after.language != before.language:
            yield first, at
            first = at
    if pieces:
        yield first, len(pieces)


def _cues(pieces: Sequence[Piece], first: int, end: int, standard: Standard) -> Iterator[Cue]:
    own = pieces[first:end]
    next_s = pieces[end].word.start_s if end < len(pieces) else math.inf
    stretch = Stretch(own, next_s, standard)
    for a, b in itertools.pairwise(_cheapest_cuts(stretch)):
        middle = stretch.best_break(a, b)
        lines = tuple(_line(line) for line in (own[a:middle], own[middle:b]) if line)
        words = tuple(piece.word for piece in own[a:b])
        yield Cue(words[0].start_s, stretch.end_s(a, middle, b), lines, words, own[a].language)


def _cheapest_cuts(stretch: Stretch) -> list[int]:
    """Where cues start, and the end of the last: of all ways to cut the stretch into cues, the one that costs least."""
    least, start_of = [0.0], [0]
    for end in range(1, len(stretch) + 1):
        best, start, more = math.inf, end - 1, stretch.least_cost(end)
        for first in range(stretch.earliest(end), end):
            if least[first] + more < best:
                cost = least[first] + stretch.cost(first, end)
                if cost < best:
                    best, start = cost, first
        least.append(best)
        start_of.append(start)
    cuts = [len(stretch)]
    while cuts[-1] > 0:
        cuts.append(start_of[cuts[-1]])
    return cuts[::-1]


def _line(pieces: Sequence[Piece]) -> str:
    return "".join(" " * (piece.is_spaced and n > 0) + piece.word.text for n, piece in enumerate(pieces))
