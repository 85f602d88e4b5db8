"""What `models.protocols` promises, asked of every engine that helps to hear: echo, voice activity, end of turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from contract_engines import each_engine, silence

from models.audio import read, resample
from models.errors import AudioError
from models.types import Audio

echo, vad, turn = map(each_engine, ("echo", "vad", "turn"))


@pytest.fixture(scope="module")
def clip(speech: Sequence[Any]) -> Audio:
    """The shortest English recording."""
    return min((read(clip.path) for clip in speech if clip.language == "en"), key=lambda audio: audio.duration_s)


def frames(vad: Any, audio: Audio) -> list[Audio]:
    samples = resample(audio, vad.sample_rate_hz).samples
    starts = range(0, len(samples) - vad.frame_samples + 1, vad.frame_samples)
    return [Audio(samples[start : start + vad.frame_samples], vad.sample_rate_hz) for start in starts]


def test_speech_is_likelier_than_silence(vad: Any, clip: Audio) -> None:
    vad.reset()
    assert max(vad.probability(frame) for frame in frames(vad, silence(1))) < 0.5
    vad.reset()
    speech = [vad.probability(frame) for frame in frames(vad, clip)]
    assert all(type(probability) is float and 0 <= probability <= 1 for probability in speech)
    assert np.mean(np.array(speech) > 0.5) > 0.5


def test_after_a_reset_the_same_sound_means_the_same(vad: Any, clip: Audio) -> None:
    vad.reset()
    first = [vad.probability(frame) for frame in frames(vad, clip)[:50]]
    vad.reset()
    assert [vad.probability(frame) for frame in frames(vad, clip)[:50]] == first


@pytest.mark.parametrize(("surplus_samples", "factor"), [(1, 1), (-1, 1), (0, 2)])
def test_a_frame_of_another_length_or_rate_is_refused(vad: Any, surplus_samples: int, factor: int) -> None:
    samples = np.zeros(vad.frame_samples + surplus_samples, np.float32)
    with pytest.raises(AudioError, match=str(vad.frame_samples)):
        vad.probability(Audio(samples, vad.sample_rate_hz * factor))


@pytest.mark.parametrize("duration_s", [0, 0.005, 0.032, 1.0])
def test_as_much_comes_out_of_the_canceller_as_goes_in(echo: Any, clip: Audio, duration_s: float) -> None:
    echo.reset()
    microphone = resample(clip, echo.sample_rate_hz).between(0, duration_s)
    echo.played(resample(clip, 24_000).between(0, duration_s))
    left = echo.cancel(microphone)
    assert len(left.samples) == len(microphone.samples)
    assert left.sample_rate_hz == echo.sample_rate_hz
    assert left.samples.dtype == np.float32
    assert np.all(np.abs(left.samples) <= 1)
    assert echo.latency_samples >= 0
    assert type(echo.hears_others) is bool


def test_after_a_reset_the_canceller_does_the_same_again(echo: Any, clip: Audio) -> None:
    outputs = []
    for _ in range(2):
        echo.reset()
        echo.played(clip.between(0, 1))
        outputs.append(echo.cancel(resample(clip, echo.sample_rate_hz).between(0, 1)).samples)
    assert np.array_equal(*outputs)


def test_a_microphone_of_another_rate_is_refused(echo: Any) -> None:
    with pytest.raises(AudioError, match=str(echo.sample_rate_hz)):
        echo.cancel(silence(0.1, 2 * echo.sample_rate_hz))


@pytest.mark.parametrize("sample_rate_hz", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("duration_s", [0, 0.1, 3, 20])
def test_a_speaker_has_finished_with_a_probability(
    turn: Any, clip: Audio, sample_rate_hz: int, duration_s: float
) -> None:
    samples = np.resize(resample(clip, sample_rate_hz).samples, round(duration_s * sample_rate_hz))
    probability = turn.probability(Audio(samples, sample_rate_hz))
    assert type(probability) is float
    assert 0 <= probability <= 1
