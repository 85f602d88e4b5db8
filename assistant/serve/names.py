"""Names of models and voices, as clients give them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from assistant.config import Profile
from assistant.serve.errors import RequestError
from assistant.serve.service import Service
from assistant.stages import Voice
from models.settings import nearest
from models.types import Stage

# What clients that were written for OpenAI ask for where nobody tells them otherwise: whatever is in use here.
_USUAL_MODELS: Mapping[Stage, frozenset[str]] = MappingProxyType(
    {
        "stt": frozenset({"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"}),
        "llm": frozenset({"gpt-4o", "gpt-4o-mini"}),
        "tts": frozenset({"tts-1", "tts-1-hd", "gpt-4o-mini-tts"}),
        "image": frozenset({"gpt-image-1", "dall-e-2", "dall-e-3"}),
    }
)
_USUAL_VOICES = frozenset("alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse".split())


def model_name(service: Service, stage: Stage, asked: str) -> str:
    """The model of a stage, which goes by its own name and by those that are usual elsewhere; "" is any.

    Raises:
        RequestError: the profile has another one, or none.
    """
    in_use = service.stages.models().get(stage)
    own = {in_use.name} if in_use else set()
    if stage == "tts":
        own |= {voice.name for voice in service.stages.voices().values()}
    if in_use and asked in own | _USUAL_MODELS[stage] | {""}:
        return in_use.name
    message = _sentence(f'This server has no model "{asked}" for that{nearest(asked, own)}')
    raise RequestError(404, "model_not_found", message, param="model")


def voice_called(profile: Profile, asked: str) -> str:
    """The voice of the profile that goes by a name; for a usual name and for "" the one that it has chosen.

    Raises:
        RequestError: it has no such voice.
    """
    tts = profile.tts
    name = tts.voice if asked == "" or asked in _USUAL_VOICES else asked
    if name not in tts.voices:
        message = _sentence(f'This server has no voice "{asked}"{nearest(asked, tts.voices)}')
        raise RequestError(400, "voice_not_found", message, param="voice")
    return name


async def find_voice(service: Service, asked: str, language: str) -> Voice:
    """The voice of a name; of a usual name and of "", the profile's own for the language.

    Args:
        language: ISO 639-1 code of the text; "": the one that the voice speaks best.

    Raises:
        RequestError: the profile has no such voice, or it does not speak the language.
        NoVoice: no voice does.
        ModelError, WorkerError: it cannot be loaded.
    """
    tts = service.profile.tts
    name = voice_called(service.profile, asked)
    spoken = tts.voices[name].languages
    if not language:
        language = service.profile.conversation.language or (spoken[0] if spoken[0] != "*" else "en")
    if language in spoken or "*" in spoken:
        return await service.stages.voice_named(name, language)
    if name != asked:
        return await service.stages.voice(language)
    message = f'The voice "{asked}" does not speak "{language}", only: {", ".join(spoken)}.'
    raise RequestError(400, "language_not_spoken", message, param="language")


def _sentence(text: str) -> str:
    """It may end in a question already."""
    return text if text.endswith("?") else f"{text}."
