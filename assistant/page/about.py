"""What the page must know of a profile before it talks with it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

from assistant.conversation import LANGUAGE_NAMES
from assistant.serve.service import Service
from models.types import Stage

# What each of the models is for, in words that need no explanation.
STAGE_NAMES: Mapping[Stage, str] = MappingProxyType(
    {
        "echo": "Echo cancellation",
        "vad": "Is somebody speaking?",
        "turn": "Has the speaker finished?",
        "stt": "Speech to text",
        "llm": "Language model",
        "tts": "Voice",
        "image": "Pictures",
    }
)


def about(service: Service, profile_name: str) -> dict[str, Any]:
    """For talk.js, as JSON."""
    profile = service.profile
    sampling = profile.sampling
    return {
        "profile": profile_name,
        "voices": sorted(profile.tts.voices, key=lambda name: (name != profile.tts.voice, name)),
        "language": profile.conversation.language,
        "languages": dict(LANGUAGE_NAMES),
        "personas": [{"name": "Default", "instructions": profile.conversation.instructions}, *_personas()],
        "sampling": {
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "repetition_penalty": sampling.repetition_penalty,
            "max_new_tokens": sampling.max_new_tokens,
            "seed": sampling.seed,
        },
        "longest_question_s": profile.conversation.longest_question_s,
        "models": [
            {"stage": stage, "purpose": STAGE_NAMES[stage], "name": model.name, "licence": model.licence}
            for stage, model in service.stages.models().items()
        ],
    }


def _personas() -> list[dict[str, str]]:
    text = (resources.files("assistant.page") / "personas.toml").read_text("utf-8")
    personas: list[dict[str, str]] = tomllib.loads(text)["personas"]
    return personas
