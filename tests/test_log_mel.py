"""The spectrogram in numpy is the one that transformers makes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from conftest import Clip

from models.audio import read
from models.errors import AudioError
from models.turn.log_mel import HOP_SAMPLES, N_MELS, log_mel
from models.types import Audio, Samples

RATE_HZ = 16_000
LENGTH_S = 8


def upstream(samples: Samples) -> Samples:
    from transformers import WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor(chunk_length=LENGTH_S)
    features: Samples = extractor(samples, sampling_rate=RATE_HZ, return_tensors="np", do_normalize=True)[
        "input_features"
    ][0]
    return features


def test_it_equals_the_feature_extractor_of_transformers(speech: Sequence[Clip]) -> None:
    for clip in speech[:3]:
        samples = np.resize(read(clip.path).samples, LENGTH_S * RATE_HZ)
        # transformers computes in float32 here.
        np.testing.assert_allclose(log_mel(Audio(samples, RATE_HZ)), upstream(samples), atol=1e-4)


@pytest.mark.parametrize("level", [0.0, 1e-6, 1.0])
def test_it_equals_it_for_silence_and_for_noise_of_any_level(level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(LENGTH_S * RATE_HZ).astype(np.float32)
    samples = noise * np.float32(level)
    np.testing.assert_allclose(log_mel(Audio(samples, RATE_HZ)), upstream(samples), atol=1e-4)


def test_loudness_does_not_matter(speech: Sequence[Clip]) -> None:
    samples = read(speech[0].path).samples
    quiet = log_mel(Audio(samples * np.float32(0.1), RATE_HZ))
    np.testing.assert_allclose(quiet, log_mel(Audio(samples, RATE_HZ)), atol=2e-3)


@pytest.mark.parametrize("n_samples", [201, 400, 16_001])
def test_any_length_has_a_column_for_each_hop(n_samples: int) -> None:
    assert log_mel(Audio(np.ones(n_samples, np.float32), RATE_HZ)).shape == (N_MELS, n_samples // HOP_SAMPLES)


@pytest.mark.parametrize(("n_samples", "rate_hz"), [(200, RATE_HZ), (0, RATE_HZ), (8000, 8000)])
def test_what_is_too_short_or_of_another_rate_is_refused(n_samples: int, rate_hz: int) -> None:
    with pytest.raises(AudioError, match=f"not {n_samples} at {rate_hz}"):
        log_mel(Audio(np.zeros(n_samples, np.float32), rate_hz))
