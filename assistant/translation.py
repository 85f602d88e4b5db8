"""What was said, in English, by the model that hears."""

from __future__ import annotations

from contextlib import aclosing

from assistant.workers.worker import Worker
from models.types import Audio, TranscribeOptions


async def in_english(stt: Worker, utterance: Audio, language: str) -> str:
    """
    Args:
        language: ISO 639-1 code of what was heard in the utterance.

    Raises:
        ModelError, AssistantError: of the engine.
    """
    options = TranscribeOptions(language=language, translate=True)
    async with aclosing(stt.stream("transcribe", utterance, options)) as stream:
        return " ".join([segment.text async for segment in stream]).strip()
