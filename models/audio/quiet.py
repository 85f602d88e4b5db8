"""Where a recording is best cut."""

from __future__ import annotations

import numpy as np

from models.types import Audio

# Shorter than a pause between clauses, longer than the closure of a plosive.
_QUIET_S = 0.2


def quietest_s(audio: Audio, start_s: float, end_s: float) -> float:
    """The middle of the quietest stretch of 0.2 s between two moments, in seconds from the start of the audio."""
    width = round(_QUIET_S * audio.sample_rate_hz)
    power = np.cumsum(np.square(audio.between(start_s, end_s).samples, dtype=np.float64))
    if len(power) <= width:
        return (start_s + min(end_s, audio.duration_s)) / 2
    return start_s + (int(np.argmin(power[width:] - power[:-width])) + width // 2) / audio.sample_rate_hz
