"""When a cue ends: as late as reading needs it, and with a gap to the next one that the standard allows."""

from __future__ import annotations

import math

from assistant.captions.standards import Standard

# A cue that vanishes with the last sound is gone before the eye is: it stays a little, half of the 0.5 s that Netflix
# allows at most.
_TAIL_S = 0.25


def cue_end_s(start_s: float, audio_end_s: float, next_s: float, reading_s: float, standard: Standard) -> float:
    """
    Args:
        start_s: of the cue.
        audio_end_s: end of its last word, at most `next_s`.
        next_s: start of the next cue, later than `start_s`; inf where there is none.
        reading_s: how long the cue must stay to be read.

    Returns:
        In whole milliseconds; later than `start_s`, at most `next_s`.
    """
    # Each is rounded to its millisecond, so that equal times are equal numbers.
    needed_s = round(start_s + math.ceil(round(max(reading_s, standard.shortest_s) * 1000, 6)) / 1000, 3)
    latest_s = round(start_s + standard.longest_s, 3)
    end_s = min(max(round(audio_end_s + _TAIL_S, 3), needed_s), latest_s)
    open_s = round(next_s - standard.open_gap_s, 3)  # the latest end before a gap of its own
    if end_s > open_s:
        chained_s = round(next_s - standard.chained_gap_s, 3)
        # Closing the gap would keep the cue for long: better a shorter tail and an open gap, if it can be read.
        keeps_open = open_s >= min(max(audio_end_s, needed_s), latest_s) or chained_s > latest_s
        end_s = open_s if keeps_open and open_s > start_s else chained_s
    return end_s if end_s > start_s else next_s
