"""A room in which the microphone hears the loudspeaker, while both run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.live.playback import Playback
from assistant.live.sound_card import Heard, SoundCard
from models.audio import SPEECH_RATE_HZ, Resampler
from models.types import Audio, Samples

# The drifting clock is read by straight lines between points this many times denser than the samples: an error 60 dB
# below speech, deeper than any canceller reaches.
_OVERSAMPLING = 8


@dataclass(frozen=True, slots=True)
class EchoRoom:
    """How sound gets from the loudspeaker to the microphone.

    Attributes:
        delay_ms: from the start of the microphone's block that comes with a block of the loudspeaker until the direct
            sound of the latter; 20 are those of a loudspeaker that sounds the moment that it takes its block. At least
            the 5 that the simulation's resamplers need.
        gain: RMS of the echo over that of the loudspeaker's signal, for white noise.
        reverberation_s: in which the random, exponentially decaying impulse response falls by 60 dB.
        drift_ppm: how much faster the microphone's clock runs than the loudspeaker's.
        seed: of the impulse response.
    """

    delay_ms: float = 80.0
    gain: float = 0.5
    reverberation_s: float = 0.3
    drift_ppm: float = 0.0
    seed: int = 0


class EchoCard:
    """A sound card in such a room: what its playback gives comes back into its microphone."""

    def __init__(self, card: SoundCard, room: EchoRoom) -> None:
        self._card = card
        self._echo = _Echo(room)

    @property
    def playback(self) -> Playback:
        return self._card.playback

    async def frames(self) -> AsyncGenerator[Heard, None]:
        """Those of the card, with the echo of what was taken."""
        async with aclosing(self._card.frames()) as frames:
            async for heard in frames:
                said = heard.microphone.samples
                self._echo.play(heard.loudspeaker)  # first: the echo of its beginning may be in this very block
                sound = np.clip(said + self._echo.next(len(said)), -1.0, 1.0).astype(np.float32)
                yield Heard(Audio(sound, SPEECH_RATE_HZ), heard.loudspeaker)


class _Echo:
    def __init__(self, room: EchoRoom) -> None:
        self._response = _impulse_response(room)
        self._tail = np.zeros(len(self._response) - 1)
        self._resampler: Resampler | None = None
        self._densifier = Resampler(SPEECH_RATE_HZ, _OVERSAMPLING * SPEECH_RATE_HZ)
        # What was played and is not in the microphone yet; begins with the way through devices and air.
        self._dense = np.zeros(round(room.delay_ms / 1000 * SPEECH_RATE_HZ) * _OVERSAMPLING + 1)
        self._position = 0.0
        self._step = _OVERSAMPLING / (1 + room.drift_ppm * 1e-6)

    def play(self, block: Audio) -> None:
        if self._resampler is None:
            self._resampler = Resampler(block.sample_rate_hz, SPEECH_RATE_HZ)
        dry = self._resampler.feed(block).samples
        size = 1 << (len(dry) + len(self._tail)).bit_length()
        wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(self._response, size), size)
        wet = wet[: len(dry) + len(self._tail)]
        wet[: len(self._tail)] += self._tail
        self._tail = wet[len(dry) :]
        echo = Audio(wet[: len(dry)].astype(np.float32), SPEECH_RATE_HZ)
        self._dense = np.concatenate([self._dense, self._densifier.feed(echo).samples])

    def next(self, n_samples: int) -> Samples:
        """The echo in the next samples of the microphone; silence where nothing has been played in time."""
        at = self._position + self._step * np.arange(n_samples)
        echo: Samples = np.interp(at, np.arange(len(self._dense)), self._dense, right=0.0).astype(np.float32)
        end = self._position + self._step * n_samples
        passed = min(int(end), len(self._dense) - 1)
        self._dense = self._dense[passed:]
        self._position = end - passed
        return echo


def _impulse_response(room: EchoRoom) -> npt.NDArray[np.float64]:
    """Direct sound, then noise that dies away; half of the energy is direct, as within arm's reach of a loudspeaker."""
    time_s = np.arange(1, round(room.reverberation_s * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ
    tail = np.random.default_rng(room.seed).standard_normal(len(time_s)) * 10 ** (-3 * time_s / room.reverberation_s)
    tail *= np.sqrt(0.5) / np.linalg.norm(tail)
    return room.gain * np.concatenate([[np.sqrt(0.5)], tail])
