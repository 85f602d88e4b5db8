"""The shape of a recording, for drawing: how loud it is over time, in a number of values that does not grow with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.audio import SPEECH_RATE_HZ, read_blocks

# Ten values a second for an hour: half a minute of it fills the width of a page. At most twice as many are kept.
_ENOUGH = 1 << 15

_FINEST_SAMPLES = SPEECH_RATE_HZ // 100  # no screen shows more of a short recording than a value every 10 ms


@dataclass(frozen=True, slots=True)
class Peaks:
    """
    Attributes:
        values: the largest amplitude in each interval, 255 for full scale; at most 2 ** 16 of them.
        interval_s: the length of an interval.
    """

    values: bytes
    interval_s: float


def peaks(media: Path) -> Peaks:
    """Reads the sound once, block by block. Whenever there are too many values, each two become one.

    Raises:
        AudioError: the medium cannot be read, or has no sound.
    """
    found: npt.NDArray[np.float32] = np.empty(0, np.float32)
    size = _FINEST_SAMPLES
    rest: npt.NDArray[np.float32] = np.empty(0, np.float32)
    waiting: list[npt.NDArray[np.float32]] = []
    for block in read_blocks(media):
        loudness = np.concatenate([rest, np.abs(block.samples)])
        whole = len(loudness) // size * size
        waiting.append(loudness[:whole].reshape(-1, size).max(axis=1))
        rest = loudness[whole:]
        if len(found) + sum(map(len, waiting)) >= 2 * _ENOUGH:
            found, waiting = np.concatenate([found, *waiting]), []
            rest = np.concatenate([np.repeat(found[-1:], size), rest]) if len(found) % 2 else rest
            found = found[: len(found) // 2 * 2].reshape(-1, 2).max(axis=1)
            size *= 2
    last = [rest.max(keepdims=True)] if len(rest) else []
    values = np.rint(np.concatenate([found, *waiting, *last]) * 255).astype(np.uint8)
    return Peaks(values.tobytes(), size / SPEECH_RATE_HZ)
