"""End of turn, judged on real recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Clip

from models.audio import read, resample
from models.errors import WeightsInvalid
from models.turn.smart_turn import SmartTurnDetector
from models.types import Audio, EngineSpec

RATE_HZ = 16_000
THRESHOLD = 0.5


def spec(folder: Path | None) -> EngineSpec:
    return EngineSpec("turn", "smart-turn", "smart-turn-v3.2", folder)


@pytest.fixture(scope="module")
def detector(weights: Callable[[str], Path]) -> SmartTurnDetector:
    return SmartTurnDetector(spec(weights("smart-turn-v3.2")))


def clip(speech: Sequence[Clip], stem: str) -> Audio:
    return next(read(each.path) for each in speech if each.path.stem == stem)


@pytest.mark.weights
@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "it", "ja", "ko", "pt"])
def test_a_whole_sentence_is_complete(detector: SmartTurnDetector, speech: Sequence[Clip], language: str) -> None:
    assert detector.probability(clip(speech, f"pv_{language}")) > 0.8


@pytest.mark.weights
@pytest.mark.parametrize("stem", ["LJ001-0004", "LJ001-0006", "LJ001-0007"])
def test_a_sentence_that_ends_at_a_comma_is_not(detector: SmartTurnDetector, speech: Sequence[Clip], stem: str) -> None:
    assert detector.probability(clip(speech, stem)) < THRESHOLD


@pytest.mark.weights
@pytest.mark.parametrize("end_s", [4.8, 8.0])
def test_a_pause_within_a_sentence_is_not(detector: SmartTurnDetector, speech: Sequence[Clip], end_s: float) -> None:
    """Kennedy after "Ask not" and after "can do for you"; he goes on after a second, and after half of one."""
    assert detector.probability(clip(speech, "jfk").between(0, end_s)) < THRESHOLD


@pytest.mark.weights
def test_only_the_last_eight_seconds_count(detector: SmartTurnDetector, speech: Sequence[Clip]) -> None:
    audio = clip(speech, "LJ001-0003")
    last = Audio(audio.samples[-8 * RATE_HZ :], RATE_HZ)
    assert audio.duration_s > 9
    assert detector.probability(audio) == detector.probability(last)


@pytest.mark.weights
def test_another_rate_means_the_same(detector: SmartTurnDetector, speech: Sequence[Clip]) -> None:
    audio = clip(speech, "pv_en")
    assert detector.probability(resample(audio, 48_000)) == pytest.approx(detector.probability(audio), abs=0.2)


@pytest.mark.weights
def test_nothing_and_silence_have_a_probability_too(detector: SmartTurnDetector) -> None:
    for n_samples in (0, 1, 20 * RATE_HZ):
        assert 0 <= detector.probability(Audio(np.zeros(n_samples, np.float32), RATE_HZ)) <= 1


def test_missing_and_broken_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="needs weights"):
        SmartTurnDetector(spec(None))
    with pytest.raises(WeightsInvalid, match=r"smart-turn-v3\.2-cpu\.onnx"):
        SmartTurnDetector(spec(tmp_path))
    (tmp_path / "smart-turn-v3.2-cpu.onnx").write_bytes(b"no model")
    with pytest.raises(WeightsInvalid, match=r"smart-turn-v3\.2-cpu\.onnx"):
        SmartTurnDetector(spec(tmp_path))
