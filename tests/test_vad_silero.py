"""What only Silero does; what every detector must do is in the contract suite."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.errors import WeightsInvalid
from models.types import Audio, EngineSpec
from models.vad.silero import SileroVoiceActivityDetector


def spec(folder: Path | None) -> EngineSpec:
    return EngineSpec("vad", "silero", "silero-vad", folder)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match=str(tmp_path)):
        SileroVoiceActivityDetector(spec(tmp_path))
    (tmp_path / "silero_vad_16k_op15.onnx").write_bytes(b"not a graph" * 50)
    with pytest.raises(WeightsInvalid, match="cannot be loaded"):
        SileroVoiceActivityDetector(spec(tmp_path))
    with pytest.raises(WeightsInvalid, match="needs weights"):
        SileroVoiceActivityDetector(spec(None))


def test_a_detector_does_not_load_torch() -> None:
    code = "import sys, models.vad.silero, models.vad.speech_spans; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


@pytest.mark.weights
@pytest.mark.parametrize("kind", ["silence", "white", "hum"])
def test_noise_is_not_speech(weights: Callable[[str], Path], kind: str) -> None:
    detector = SileroVoiceActivityDetector(spec(weights("silero-vad")))
    times = np.arange(3 * 16_000) / 16_000
    sound = {
        "silence": np.zeros_like(times),
        "white": np.random.default_rng(0).normal(0, 0.05, len(times)),
        "hum": 0.1 * np.sin(2 * np.pi * 50 * times),
    }[kind].astype(np.float32)
    frames = [Audio(sound[at : at + 512], 16_000) for at in range(0, len(sound) - 511, 512)]
    # The first frame's state is empty and its probability is not yet reliable.
    assert max(detector.probability(frame) for frame in frames[1:]) < 0.5
