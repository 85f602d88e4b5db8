"""Cues that cannot be read in their time get some of that of the pauses beside them, as far as their standard lets a
cue begin before or after its sound. Where nothing is broken, nothing is moved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from assistant.captions.check import reading_time_s, violations
from assistant.captions.cue import Cue
from assistant.captions.standards import Standard
from assistant.captions.timing import cue_end_s


def with_leeway(cues: Sequence[Cue], standard: Standard) -> list[Cue]:
    """
    Args:
        cues: in order, each with its words, which begin with it.

    Returns:
        The same cues; some begin earlier, in a pause before them, or else later, and end accordingly. None ends before
        its last word does because the next one was moved, and no group of neighbours breaks more rules than before.
    """
    if not (standard.early_s or standard.late_s):
        return list(cues)
    moved = _timed(cues, _starts_s(cues, standard), standard)
    kept = list(cues)
    for first, end in _changed(cues, moved):
        # With a neighbour on each side: what is between them may be broken too.
        around = slice(max(0, first - 1), end + 1)
        if _broken([*kept[around.start : first], *moved[first:end], *kept[end : around.stop]], standard) < _broken(
            kept[around], standard
        ):
            kept[first:end] = moved[first:end]
    return kept


def _starts_s(cues: Sequence[Cue], standard: Standard) -> list[float]:
    """As near to the sound as they can be if each cue is to be read before the next one comes; earlier rather than
    later: a pause is nobody's time."""
    gap_s = standard.chained_gap_s
    needed_s = [_up(max(reading_time_s(cue, standard), standard.shortest_s)) + gap_s for cue in cues]
    earliest_s: list[float] = []
    for place, cue in enumerate(cues):
        free_s = max(0.0, cue.start_s - standard.early_s)
        if place:
            said_s = min(cues[place - 1].words[-1].end_s + gap_s, cue.start_s)
            free_s = max(free_s, said_s, min(earliest_s[-1] + needed_s[place - 1], cue.start_s + standard.late_s))
        earliest_s.append(free_s)
    starts_s: list[float] = []
    next_s = math.inf
    for cue, free_s, needed in zip(reversed(cues), reversed(earliest_s), reversed(needed_s), strict=True):
        next_s = round(max(min(cue.start_s, next_s - needed), free_s), 3)
        starts_s.append(next_s)
    return starts_s[::-1]


def _timed(cues: Sequence[Cue], starts_s: Sequence[float], standard: Standard) -> list[Cue]:
    """The cues with these starts, each with the end that follows; as they were where neither border has moved."""
    found = []
    following = [*zip(cues, starts_s, strict=True)][1:]
    for cue, start_s, after in itertools.zip_longest(cues, starts_s, following):
        next_s = after[1] if after else math.inf
        is_same = start_s == cue.start_s and (after is None or next_s == after[0].start_s)
        if is_same:
            found.append(cue)
            continue
        said_s = min(cue.words[-1].end_s, next_s)
        end_s = cue_end_s(start_s, said_s, next_s, reading_time_s(cue, standard), standard)
        found.append(replace(cue, start_s=start_s, end_s=end_s))
    return found


def _changed(cues: Sequence[Cue], moved: Sequence[Cue]) -> list[tuple[int, int]]:
    """[first, end) of neighbours that are not as they were."""
    places = [place for place, pair in enumerate(zip(cues, moved, strict=True)) if pair[0] is not pair[1]]
    groups: list[tuple[int, int]] = []
    for place in places:
        if groups and groups[-1][1] == place:
            groups[-1] = groups[-1][0], place + 1
        else:
            groups.append((place, place + 1))
    return groups


def _broken(cues: Sequence[Cue], standard: Standard) -> int:
    return sum(1 for _ in violations(cues, standard))


def _up(seconds: float) -> float:
    """To whole milliseconds, as cues are timed."""
    return math.ceil(round(seconds * 1000, 6)) / 1000
