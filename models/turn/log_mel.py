"""The log-mel spectrogram that Whisper and its relatives take, in numpy alone.

For models that run where neither torch nor transformers is loaded. It equals transformers' WhisperFeatureExtractor.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from models.audio.resampler import SPEECH_RATE_HZ
from models.errors import AudioError
from models.types import Audio

# Whisper's front end: Radford et al. 2022, section 2.2.
HOP_SAMPLES = 160
N_MELS = 80
_WINDOW_SAMPLES = 400
_RANGE = 8.0  # decades below the loudest point that are kept
_QUIETEST = 1e-10  # keeps the logarithm finite in digital silence
_LEAST_VARIANCE = 1e-7  # keeps digital silence from being divided by zero; transformers' zero_mean_unit_var_norm

# Slaney's mel scale (Auditory Toolbox, 1998; librosa's default): straight to 1 kHz, logarithmic above.
_STRAIGHT_HZ_PER_MEL = 200 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _STRAIGHT_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def log_mel(audio: Audio) -> npt.NDArray[np.float32]:
    """The spectrogram of the whole audio, whose waveform is first brought to mean 0 and variance 1.

    Returns:
        Shape (80, n_samples // 160), float32, from 2 below to its own greatest value, which lies near 1 in speech.

    Raises:
        AudioError: the audio is not at 16 kHz, or shorter than half a window (12.5 ms), which cannot be mirrored at
            its ends.
    """
    if audio.sample_rate_hz != SPEECH_RATE_HZ or len(audio.samples) <= _WINDOW_SAMPLES // 2:
        raise AudioError(
            f"a log-mel spectrogram takes more than {_WINDOW_SAMPLES // 2} samples at {SPEECH_RATE_HZ} Hz, "
            f"not {len(audio.samples)} at {audio.sample_rate_hz} Hz"
        )
    samples = audio.samples - audio.samples.mean()
    samples /= np.sqrt(samples.var() + np.float32(_LEAST_VARIANCE))
    mel = mel_filters() @ _power(samples)
    log = np.log10(np.maximum(mel, _QUIETEST))
    scaled: npt.NDArray[np.float32] = ((np.maximum(log, log.max() - _RANGE) + 4) / 4).astype(np.float32)
    return scaled


@cache
def mel_filters() -> npt.NDArray[np.float64]:
    """Triangles of equal area over the bins of the Fourier transform, shape (80, 201)."""
    bins_hz = np.linspace(0, SPEECH_RATE_HZ / 2, _WINDOW_SAMPLES // 2 + 1)
    corners_hz = _hz(np.linspace(0, _mel(SPEECH_RATE_HZ / 2), N_MELS + 2))[:, None]
    low, peak, high = corners_hz[:-2], corners_hz[1:-1], corners_hz[2:]
    rising = (bins_hz - low) / (peak - low)
    falling = (high - bins_hz) / (high - peak)
    filters: npt.NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return filters


def _power(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Power of each bin in each frame, shape (201, n_frames); frames are centred, the ends mirrored."""
    mirrored = np.pad(samples, _WINDOW_SAMPLES // 2, mode="reflect")
    # The last frame is left out: Whisper was trained without it.
    n_frames = len(samples) // HOP_SAMPLES
    frames = np.lib.stride_tricks.sliding_window_view(mirrored, _WINDOW_SAMPLES)[::HOP_SAMPLES][:n_frames]
    periodic_hann = np.hanning(_WINDOW_SAMPLES + 1)[:-1]
    spectrum = np.fft.rfft(frames * periodic_hann)
    power: npt.NDArray[np.float64] = np.square(spectrum.real) + np.square(spectrum.imag)
    return power.T


def _mel(frequency_hz: float) -> float:
    """Of a frequency above the break."""
    return float(_BREAK_MEL + np.log(frequency_hz / _BREAK_HZ) / _LOG_STEP)


def _hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    hz: npt.NDArray[np.float64] = np.where(mel < _BREAK_MEL, mel * _STRAIGHT_HZ_PER_MEL, above)
    return hz
