"""End of turn by smart-turn v3 (https://github.com/pipecat-ai/smart-turn) through onnxruntime.

No torch: it runs in the process of the conversation.
"""

from __future__ import annotations

import numpy as np

from models.audio.resampler import SPEECH_RATE_HZ, resample
from models.errors import WeightsInvalid
from models.settings import NoOptions, read
from models.turn.log_mel import log_mel
from models.types import Audio, EngineSpec

_FILE = "smart-turn-v3.2-cpu.onnx"
_INPUT_SAMPLES = 8 * SPEECH_RATE_HZ  # what the model was trained on


class SmartTurnDetector:
    """Hears in how something is said whether the speaker has finished; 23 languages."""

    def __init__(self, spec: EngineSpec) -> None:
        """
        Args:
            spec: `weights` is the folder with the ONNX file; `threads` 0 means 1.

        Raises:
            WeightsInvalid: the file is missing or broken.
            SettingError: an option, since there are none.
        """
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as native

        read(NoOptions, spec.options, "options of the smart-turn detector")
        if spec.weights is None:
            raise WeightsInvalid("smart-turn needs weights: a folder from the store")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = spec.threads or 1
        path = spec.weights / _FILE
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except (native.NoSuchFile, native.InvalidProtobuf, native.InvalidGraph, native.Fail) as error:
            raise WeightsInvalid(f"{path} cannot be loaded as smart-turn: {error}") from error

    def probability(self, utterance: Audio) -> float:
        """Probability in [0, 1] that the speaker has finished.

        Args:
            utterance: from its onset to now, silence after the last word included; of any rate. Only its last 8 s are
                heard.
        """
        samples = resample(utterance, SPEECH_RATE_HZ).samples[-_INPUT_SAMPLES:]
        # In front, because that is where silence tells nothing about the end.
        padded = np.pad(samples, (_INPUT_SAMPLES - len(samples), 0))
        features = log_mel(Audio(padded, SPEECH_RATE_HZ))
        (complete,) = self._session.run(None, {"input_features": features[None]})
        return float(complete[0, 0])
