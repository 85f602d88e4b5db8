"""POST /v1/audio/speech: text -> speech, sent as it is spoken."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from assistant.sentences import ClauseSplitter
from assistant.serve.errors import RequestError
from assistant.serve.http import events
from assistant.serve.http.connection import streamed
from assistant.serve.http.text import Body, Name
from assistant.serve.names import find_voice, model_name
from assistant.serve.service import Service
from assistant.stages import Voice
from models.audio.encoder import MEDIA_TYPES, AudioFormat, Encoder
from models.types import Audio


class SpeechRequest(Body):
    """As OpenAI's, and the language of the text, which is otherwise the voice's own."""

    # As many characters as OpenAI takes: about five minutes.
    input: str = Field(min_length=1, max_length=4096)
    model: Name = ""
    voice: Name = ""
    response_format: AudioFormat = "mp3"
    # Faster or slower than that no voice is understood.
    speed: float = Field(1.0, ge=0.5, le=2.0)
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: Literal[""] = ""
    language: str = Field("", max_length=8)


def routes(service: Service) -> APIRouter:
    """The route, for one server."""
    router = APIRouter()
    deadline_s = service.settings.limits.request_s

    @router.post("/v1/audio/speech")
    async def speech(request: Request, wanted: SpeechRequest) -> Response:
        model_name(service, "tts", wanted.model)
        voice = await find_voice(service, wanted.voice, wanted.language)
        speed = min(2.0, max(0.5, voice.options.speed * wanted.speed))
        voice = replace(voice, options=replace(voice.options, speed=speed))
        sound = encoded(spoken(wanted.input, voice), wanted.response_format)
        if wanted.stream_format == "sse":
            return await streamed(request, events.with_errors(_as_events(sound)), events.MEDIA_TYPE, deadline_s)
        return await streamed(request, sound, MEDIA_TYPES[wanted.response_format], deadline_s)

    return router


async def spoken(text: str, voice: Voice) -> AsyncGenerator[Audio, None]:
    """Clause by clause, each a job of its own, so that conversations are served between two of them.

    Raises:
        RequestError: there is nothing in the text that the voice could say.
        ModelError, WorkerError: the voice fails.
    """
    splitter = ClauseSplitter()
    is_silent = True
    for clause in [*splitter.feed(text), *splitter.flush()]:
        async with aclosing(voice.worker.stream("speak", clause, voice.options)) as chunks:
            async for audio in chunks:
                is_silent = False
                yield audio
    if is_silent:
        raise RequestError(400, "nothing_to_say", "There is nothing in the text that can be said.", param="input")


async def encoded(sound: AsyncGenerator[Audio, None], audio_format: AudioFormat) -> AsyncGenerator[bytes, None]:
    """The bytes of the file, as they come. Encoding takes a while where a chunk is long, hence the thread."""
    encoder = await asyncio.to_thread(Encoder, audio_format)
    async with aclosing(sound):
        async for audio in sound:
            if piece := await asyncio.to_thread(encoder.feed, audio):
                yield piece
    yield await asyncio.to_thread(encoder.finish)


async def _as_events(sound: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(sound):
        async for piece in sound:
            yield events.event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
    yield events.event({"type": "speech.audio.done"})
