"""Silero VAD through onnxruntime. No torch: whoever listens to a microphone should not have to load it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import settings
from models.errors import AudioError, WeightsInvalid
from models.types import Audio, EngineSpec, Samples

_FILE = "silero_vad_16k_op15.onnx"
# Shapes of the 16 kHz model; see OnnxWrapper in snakers4/silero-vad, src/silero_vad/utils_vad.py.
_CONTEXT_SAMPLES = 64  # the end of the frame before, in front of each frame
_STATE_SHAPE = (2, 1, 128)


@dataclass(frozen=True, slots=True)
class SileroOptions:
    """This engine has no settings of its own; thresholds belong to whoever judges the probabilities."""


class SileroVoiceActivityDetector:
    """Speech probability of each 32 ms frame, about 0.1 ms of one core a frame."""

    sample_rate_hz: int = 16_000
    frame_samples: int = 512

    def __init__(self, spec: EngineSpec) -> None:
        """
        Args:
            spec: `weights` is the folder with the ONNX file.

        Raises:
            SettingError: an option; there are none.
            WeightsInvalid: the file is missing or broken.
        """
        settings.read(SileroOptions, spec.options, "vad options")
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as native

        if spec.weights is None:
            raise WeightsInvalid("silero needs weights: a folder from the store")
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1  # a frame is too small to share out
        path = spec.weights / _FILE
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except (native.NoSuchFile, native.InvalidProtobuf, native.InvalidGraph, native.Fail) as error:
            raise WeightsInvalid(f"{path} cannot be loaded as Silero VAD: {error}") from error
        self._rate = np.array(self.sample_rate_hz, dtype=np.int64)
        self._state: npt.NDArray[np.float32] = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._context: Samples = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)

    def probability(self, frame: Audio) -> float:
        """Probability in [0, 1] that the next frame is speech.

        Raises:
            AudioError: the frame is not 512 samples of 16 kHz.
        """
        if (frame.sample_rate_hz, len(frame.samples)) != (self.sample_rate_hz, self.frame_samples):
            raise AudioError(
                f"Silero VAD takes frames of {self.frame_samples} samples at {self.sample_rate_hz} Hz, "
                f"not {len(frame.samples)} at {frame.sample_rate_hz} Hz"
            )
        window = np.concatenate([self._context, frame.samples])
        inputs = {"input": window[None], "state": self._state, "sr": self._rate}
        probability, self._state = self._session.run(None, inputs)
        self._context = window[-_CONTEXT_SAMPLES:]
        return float(probability[0, 0])

    def reset(self) -> None:
        """Forgets what was heard."""
        self._state = np.zeros_like(self._state)
        self._context = np.zeros_like(self._context)
