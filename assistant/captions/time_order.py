"""Times that should rise, and some of which are wrong: which to believe."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence


def believable(times_s: Sequence[float]) -> list[float]:
    """Times that never fall: of those given, the longest run that does not; the others are put evenly in between.

    A single word that is placed minutes too late would else push all that follow it to where it is.

    Args:
        times_s: finite.
    """
    run = _longest_run(times_s)
    if len(run) == len(times_s):
        return list(times_s)
    kept = [(index, times_s[index]) for index in run]
    # What stands before the first of them was said at that time at the latest, what stands after the last, then.
    kept = [(-1, kept[0][1]), *kept, (len(times_s), kept[-1][1])]
    found: list[float] = []
    for (index, time_s), (following, until_s) in itertools.pairwise(kept):
        step_s = (until_s - time_s) / (following - index)
        found += [time_s + step_s * position for position in range(following - index)]
    return found[1:]


def _longest_run(times_s: Sequence[float]) -> list[int]:
    """Where the times are that form the longest run that never falls (patience sorting)."""
    last_s: list[float] = []  # the least last time of a run of each length
    where: list[int] = []  # its index
    before: list[int] = []  # and, for each time, the index of the one that it follows
    for index, time_s in enumerate(times_s):
        length = bisect_right(last_s, time_s)
        last_s[length : length + 1] = [time_s]
        where[length : length + 1] = [index]
        before.append(where[length - 1] if length else -1)
    run = where[-1:]
    while run and before[run[-1]] >= 0:
        run.append(before[run[-1]])
    return run[::-1]
