"""Does the loudspeaker reach the microphone at all? Told by their correlation, at whatever delay.

With headphones that were not declared, or a sound card that cancels by itself, there is no echo; a canceller that does
not know takes the first words over a reply for one. What is heard then has no correlation with what was played. An echo
that begins, because headphones were unplugged, has it from its first tenth of a second on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.audio import SPEECH_RATE_HZ
from models.types import Samples

FRAME_SAMPLES = SPEECH_RATE_HZ // 100
# What is compared: a tenth of a second of the microphone, with what was played up to 0.4 s before.
_HEARD_SAMPLES = SPEECH_RATE_HZ // 10
_LAGS = round(0.4 * SPEECH_RATE_HZ)
_SIZE = 1 << (_HEARD_SAMPLES + _LAGS - 1).bit_length()
# A comparison costs 0.3 ms.
_EVERY_FRAMES = 2
# Where speech and small loudspeakers have their power.
_LOW_HZ, _HIGH_HZ = 300.0, 6000.0
# Powers of full scale: nothing to compare with. The first is that of a reply's pauses, the other of 16 bits' last one.
_LEAST_PLAYED, _LEAST_HEARD = 1e-6, 1e-9
# A frame with at least this belongs to a reply's sound.
_AUDIBLE = 1e-5
# Several comparisons together, over a quarter of a second: what all of them have in common is the echo.
_KEPT = 0.93
# In standard deviations of what does not correlate. In twelve simulated rooms, gain 0.1 to 0.9, each echo came above
# within 0.6 s of the first sound; without echo one of 24 conversations did so, which costs the next second.
_CORRELATED = 11.0
# Of sound from the loudspeaker, without any correlation: there is no echo. Twice what the slowest echo took.
_ABSENT_FRAMES = 100
_TINY = 1e-12


class EchoPath:
    """Takes 10 ms at a time, of the loudspeaker and of the microphone.

    Attributes:
        has_appeared: in this frame an echo was found where there had been none.
    """

    def __init__(self) -> None:
        self.has_appeared = False
        self._played = np.zeros(_HEARD_SAMPLES + _LAGS)
        self._heard = np.zeros(_HEARD_SAMPLES)
        self._window = np.hanning(_HEARD_SAMPLES)
        bins_hz = np.arange(_SIZE // 2 + 1) * SPEECH_RATE_HZ / _SIZE
        self._band = (bins_hz > _LOW_HZ) & (bins_hz < _HIGH_HZ)
        self._deviation = np.sqrt(2 * np.sum(self._band)) / _SIZE
        self._kept = np.zeros(_LAGS + 1)
        self._frames = 0
        self._frames_without = 0

    @property
    def is_absent(self) -> bool:
        """Whether enough was played to know that no echo of it arrives."""
        return self._frames_without >= _ABSENT_FRAMES

    def hear(self, far: Samples, heard: Samples) -> None:
        """
        Args:
            far: what the loudspeaker was given, shape (160,).
            heard: by the microphone at the same time; the echo of `far` is in the next frames.
        """
        self.has_appeared = False
        self._played = np.concatenate([self._played[FRAME_SAMPLES:], far])
        self._heard = np.concatenate([self._heard[FRAME_SAMPLES:], heard])
        self._frames += 1
        self._frames_without += _power(far) > _AUDIBLE
        # Not while the window still has its first, empty, part, whose edge would correlate with any other edge.
        if self._frames % _EVERY_FRAMES or self._frames * FRAME_SAMPLES < 2 * _HEARD_SAMPLES:
            return
        if _power(self._played) > _LEAST_PLAYED and _power(self._heard) > _LEAST_HEARD and self._is_correlated():
            self.has_appeared = self.is_absent
            self._frames_without = 0

    def _is_correlated(self) -> bool:
        """By the generalised cross-correlation with phase transform (Knapp and Carter, 1976)."""
        heard = np.fft.rfft(self._heard * self._window, _SIZE)
        cross = np.fft.rfft(self._played, _SIZE) * np.conj(heard)
        size = np.abs(cross)
        phases = cross / (size + 1e-3 * np.mean(size) + _TINY) * self._band
        correlation = np.fft.irfft(phases, _SIZE)[: _LAGS + 1] / self._deviation
        self._kept = _KEPT * self._kept + correlation
        together = self._kept.max() / np.sqrt(np.mean(self._kept**2) + _TINY)
        return bool(max(correlation.max(), together) > _CORRELATED)


def _power(samples: npt.NDArray[np.floating]) -> float:
    return float(np.dot(samples, samples)) / len(samples)
