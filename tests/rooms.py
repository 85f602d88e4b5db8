"""Simulated rooms: what a microphone hears of a loudspeaker, of someone who talks, and of the noise around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.resampler import SPEECH_RATE_HZ, resample
from models.types import Audio, Samples

# The drifting clock is read by straight lines between points this many times denser than the samples; at 8 the error
# lies 60 dB below speech, deeper than any canceller reaches.
_DRIFT_OVERSAMPLING = 8


@dataclass(frozen=True, slots=True)
class Room:
    """How sound gets from the loudspeaker to the microphone.

    Attributes:
        delay_ms: from the moment a sample is handed to the loudspeaker until its direct sound is in the microphone's
            signal: the buffers of both devices and the way through the air.
        gain: RMS of the echo over that of the loudspeaker's signal, for white noise.
        reverberation_s: time in which the random, exponentially decaying impulse response falls by 60 dB.
        drift_ppm: how much faster the microphone's clock runs than the loudspeaker's.
        distortion: 0 is a linear loudspeaker; 1 bends a full-scale sine to tanh(1) of its height.
        noise_db: level of white noise below full scale.
        seed: of the impulse response and the noise.
    """

    delay_ms: float = 80.0
    gain: float = 0.5
    reverberation_s: float = 0.3
    drift_ppm: float = 0.0
    distortion: float = 0.0
    noise_db: float = -70.0
    seed: int = 0


def simulate(room: Room, far: Audio, near: Audio) -> Audio:
    """The microphone's signal at 16 kHz, as long as the longer of the two.

    Args:
        room: the way of the sound.
        far: what the loudspeaker is given, of any rate, from time 0.
        near: what the talker says, of any rate, as loud as it arrives at the microphone.
    """
    played = resample(far, SPEECH_RATE_HZ).samples
    said = resample(near, SPEECH_RATE_HZ).samples
    n_samples = max(len(played), len(said))
    random = np.random.default_rng(room.seed)
    sound = random.standard_normal(n_samples) * 10 ** (room.noise_db / 20)
    sound[: len(said)] += said
    if len(played):
        echo = _echo(room, played, random)[:n_samples]
        sound[: len(echo)] += echo
    return Audio(np.clip(sound, -1, 1).astype(np.float32), SPEECH_RATE_HZ)


def _echo(room: Room, played: Samples, random: np.random.Generator) -> npt.NDArray[np.float64]:
    driven = np.tanh(room.distortion * played) / room.distortion if room.distortion else played
    response = _impulse_response(room, random)
    n_samples = len(driven) + len(response) - 1
    size = 1 << (n_samples - 1).bit_length()
    spectrum = np.fft.rfft(driven, size) * np.fft.rfft(response, size)
    if not room.drift_ppm:
        return np.fft.irfft(spectrum, size)[:n_samples]
    dense = np.fft.irfft(spectrum, size * _DRIFT_OVERSAMPLING) * _DRIFT_OVERSAMPLING
    step = _DRIFT_OVERSAMPLING / (1 + room.drift_ppm * 1e-6)
    return np.interp(np.arange(int(n_samples * _DRIFT_OVERSAMPLING / step)) * step, np.arange(len(dense)), dense)


def _impulse_response(room: Room, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Direct sound, then noise that dies away; half of the energy is direct, as within arm's reach of a loudspeaker."""
    time_s = np.arange(1, round(room.reverberation_s * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ
    tail = random.standard_normal(len(time_s)) * 10 ** (-3 * time_s / room.reverberation_s)
    tail *= np.sqrt(0.5) / np.linalg.norm(tail)
    delay = np.zeros(round(room.delay_ms * SPEECH_RATE_HZ / 1000))
    return room.gain * np.concatenate([delay, [np.sqrt(0.5)], tail])
