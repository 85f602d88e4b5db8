"""How loud the echo of what was played can be: learned band by band, without its waveform, and therefore at once.

A canceller needs some tens of milliseconds to let a user through who begins to speak over the reply, and takes the
first word for echo where there is none. The power of an echo, however, is a sum of the powers that were played before,
each with a weight of its own, whatever the phases are; a microphone that is much louder than that hears somebody else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.audio import SPEECH_RATE_HZ
from models.types import Samples

_Powers = npt.NDArray[np.float64]

# Critical bands of hearing (Zwicker 1961) from 100 Hz to 6.4 kHz, in which speech and loudspeakers have their power.
_EDGES_HZ = (
    *(100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270),
    *(1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400),
)
_FRAME_SAMPLES = SPEECH_RATE_HZ // 100
# From the loudspeaker through the buffers of both devices (up to 0.3 s) and the room: in frames of 10 ms.
_MEMORY = 60
# Of normalised least mean squares (Haykin, Adaptive Filter Theory, chapter 6), far from where it becomes unstable. The
# weights of somebody who speaks are learned slowly: they are not those of the room.
_STEP, _STEP_IN_DOUBT = 0.2, 0.02
# Powers of full scale. Below the first one nothing is played; the second keeps digital silence from being infinitely
# quieter than anything.
_AUDIBLE = 1e-5
_LEAST = 1e-10
# The noise of the room: the quietest tenth of a second, and 2 dB a second more, as it may have become louder since.
_SMOOTHING, _RISE = 0.1, 1.005
# The echo's power scatters around its mean from frame to frame, by less than 6 dB mostly.
_SCATTER_DB = 6.0
# A single band tells no more than this, so that a whistle is not a voice.
_MOST_DB = 20.0
# Of sound from the loudspeaker, until the weights are worth something: the first echo may come 0.3 s late, and new
# sounds bring bands that were not heard yet. In twelve simulated rooms no echo was louder than expected after 0.8 s,
# in two after 0.6 s.
_LEARNING_FRAMES = 100


class EchoLevel:
    """Takes 10 ms at a time, of the loudspeaker and of the microphone."""

    def __init__(self) -> None:
        n_bands = len(_EDGES_HZ) - 1
        self._window = np.hanning(2 * _FRAME_SAMPLES)
        bins_hz = np.arange(_FRAME_SAMPLES + 1) * SPEECH_RATE_HZ / len(self._window)
        low, high = (np.array(edges)[:, None] for edges in (_EDGES_HZ[:-1], _EDGES_HZ[1:]))
        self._bands = ((bins_hz >= low) & (bins_hz < high)) / (len(self._window) * np.sum(self._window**2))
        self._before = [np.zeros(_FRAME_SAMPLES, np.float32) for _ in range(2)]
        self._played = np.zeros((n_bands, _MEMORY))
        self._weights = np.zeros((n_bands, _MEMORY))
        self._recent: _Powers | None = None
        self._noise = np.full(n_bands, np.inf)
        self._learning_frames = _LEARNING_FRAMES

    @property
    def is_learning(self) -> bool:
        """Whether too little was played so far to know the room: then every sound may be echo."""
        return self._learning_frames > 0

    def excess_db(self, far: Samples, heard: Samples) -> float:
        """By how much the frame is louder than echo and noise can be, in [0, 20]: the mean over the bands.

        Args:
            far: what the loudspeaker was given, shape (160,).
            heard: by the microphone at the same time; the echo of `far` is in the next frames.
        """
        played, sound = self._powers(0, far), self._powers(1, heard)
        self._played = np.roll(self._played, 1, axis=1)
        self._played[:, 0] = played
        echo: _Powers = np.sum(self._weights * self._played, axis=1)
        self._recent = sound if self._recent is None else self._recent + _SMOOTHING * (sound - self._recent)
        self._noise = np.clip(self._recent, _LEAST, self._noise * _RISE)
        expected = echo + self._noise
        over_db = 10 * np.log10((sound + _LEAST) / expected) - _SCATTER_DB
        excess_db = float(np.mean(np.clip(over_db, 0.0, _MOST_DB)))
        if np.sum(self._played) > _AUDIBLE:
            self._learn(sound, echo, expected, excess_db)
        return 0.0 if self.is_learning else excess_db

    def _learn(self, sound: _Powers, echo: _Powers, expected: _Powers, excess_db: float) -> None:
        self._learning_frames -= 1
        step = _STEP
        if not self.is_learning:
            sound = np.minimum(sound, 10 ** (_SCATTER_DB / 10) * expected)
            step = _STEP if excess_db < 1.0 else _STEP_IN_DOUBT
        norm = np.sum(self._played**2, axis=1) + _LEAST**2
        self._weights += step * ((sound - echo) / norm)[:, None] * self._played
        np.maximum(self._weights, 0.0, out=self._weights)

    def _powers(self, side: int, frame: Samples) -> _Powers:
        """In each band; half of the window is the frame before."""
        window = np.concatenate([self._before[side], frame]) * self._window
        self._before[side] = frame
        powers: _Powers = self._bands @ np.square(np.abs(np.fft.rfft(window)))
        return powers
