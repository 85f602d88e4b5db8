"""Name -> engine class: the only dispatch table. Says what is missing without importing anything heavy."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from models.errors import EngineUnavailable
from models.settings import nearest
from models.types import EngineSpec, Stage


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an engine lives and what it needs.

    Attributes:
        target: "module:Class".
        needs: top-level modules that must be importable.
        install: the command that provides them.
        licence: of an engine that brings along what it needs; "" where that comes from the weights store.
    """

    target: str
    needs: tuple[str, ...] = ()
    install: str = ""
    licence: str = ""

    @property
    def has_weights(self) -> bool:
        """Whether the engine's model is one of the store."""
        return not self.licence


_PROJECT = "pip install multimodal-voice-assistant"
_OWN = "Apache-2.0"  # the scripted engines are a part of this project

ENGINES: Mapping[Stage, Mapping[str, Entry]] = {
    "echo": {
        "webrtc": Entry("models.echo.webrtc:WebRtcEchoCanceller", ("livekit",), _PROJECT, "BSD-3-Clause"),
        "none": Entry("models.scripted.hearing:NoEchoCanceller", licence=_OWN),
    },
    "vad": {
        "silero": Entry("models.vad.silero:SileroVoiceActivityDetector", ("onnxruntime",), _PROJECT),
        "scripted": Entry("models.scripted.engines:ScriptedVoiceActivityDetector", licence=_OWN),
    },
    "turn": {
        "smart-turn": Entry("models.turn.smart_turn:SmartTurnDetector", ("onnxruntime",), _PROJECT),
        "scripted": Entry("models.scripted.hearing:ScriptedEndOfTurnDetector", licence=_OWN),
    },
    "stt": {
        "whisper": Entry("models.stt.whisper:WhisperSpeechToText", ("whisper", "torch"), _PROJECT),
        "scripted": Entry("models.scripted.engines:ScriptedSpeechToText", licence=_OWN),
    },
    "llm": {
        "transformers": Entry("models.llm.transformers:TransformersLanguageModel", ("transformers", "torch"), _PROJECT),
        "openai": Entry("models.llm.openai:OpenAILanguageModel", ("httpx",), _PROJECT, "as its server says"),
        "scripted": Entry("models.scripted.engines:ScriptedLanguageModel", licence=_OWN),
    },
    "tts": {
        "coqui": Entry("models.tts.coqui:CoquiTextToSpeech", ("TTS", "torchaudio", "torchcodec"), _PROJECT),
        "hibari": Entry("models.tts.hibari:HibariTextToSpeech", ("hibari",), f"{_PROJECT}[hibari]", "Apache-2.0"),
        "espeak": Entry("models.tts.espeak:EspeakTextToSpeech", licence="GPL-3.0-or-later"),
        "scripted": Entry("models.scripted.engines:ScriptedTextToSpeech", licence=_OWN),
    },
    "image": {
        "diffusers": Entry("models.image.diffusers:DiffusersImageGenerator", ("diffusers", "torch"), _PROJECT),
        "scripted": Entry("models.scripted.pictures:ScriptedImageGenerator", licence=_OWN),
    },
}


def find(stage: Stage, name: str) -> Entry:
    """The entry of an engine whose libraries are all installed.

    Raises:
        EngineUnavailable: there is none of that name, or a module that it needs cannot be found.
    """
    entries = ENGINES[stage]
    if name not in entries:
        raise EngineUnavailable(f'there is no {stage} engine "{name}"{nearest(name, entries)}')
    entry = entries[name]
    missing = [module for module in entry.needs if find_spec(module) is None]
    if missing:
        raise EngineUnavailable(
            f'the {stage} engine "{name}" needs {", ".join(missing)}; install with: {entry.install}'
        )
    return entry


def create(spec: EngineSpec) -> Any:
    """Loads the engine: blocks for as long as the weights take.

    Returns:
        An object that fulfils the stage's protocol. `Any`, because the stage is known only at run time.

    Raises:
        EngineUnavailable: see `find`.
        ModelError: whatever the engine's constructor raises.
    """
    module, _, name = find(spec.stage, spec.engine).target.partition(":")
    return getattr(importlib.import_module(module), name)(spec)
