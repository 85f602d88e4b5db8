"""POST /v1/audio/transcriptions and /v1/audio/translations: a recording -> what is said in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from assistant.captions.hearing import Heard, HearingOptions, hear
from assistant.captions.listening import most_spoken
from assistant.captions.transcript import Transcript
from assistant.serve.errors import RequestError
from assistant.serve.http import events
from assistant.serve.http.connection import streamed, while_connected
from assistant.serve.http.text import Name
from assistant.serve.http.transcripts import MEDIA_TYPES, Granularity, TranscriptFormat, as_json, as_text, delta
from assistant.serve.http.uploads import as_file
from assistant.serve.names import model_name
from assistant.serve.service import Service
from models.errors import AudioError
from models.types import Segment


class TranslationRequest(BaseModel):
    """As OpenAI's."""

    file: UploadFile
    model: Name = ""
    # Whisper reads the last 224 tokens of it.
    prompt: str = Field("", max_length=4096)
    response_format: TranscriptFormat = "json"
    # 0 is what OpenAI calls automatic: higher ones are tried only where the engine doubts what it heard.
    temperature: float = Field(0.0, ge=0, le=0)


class TranscriptionRequest(TranslationRequest):
    """As OpenAI's."""

    language: str = Field("", pattern="^([a-z]{2,3})?$")
    stream: bool = False
    timestamp_granularities: list[Granularity] = Field([], alias="timestamp_granularities[]")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Of a recording."""

    file: UploadFile
    model: str
    options: HearingOptions

    @property
    def task(self) -> str:
        return "translate" if self.options.translate else "transcribe"


def routes(service: Service) -> APIRouter:
    """The routes, for one server."""
    router = APIRouter()
    deadline_s = service.settings.limits.request_s

    @router.post("/v1/audio/transcriptions")
    async def transcriptions(request: Request, asked: Annotated[TranscriptionRequest, Form()]) -> Response:
        options = HearingOptions(asked.language or None, prompt=asked.prompt)
        wanted = _Wanted(asked.file, model_name(service, "stt", asked.model), options)
        if not asked.stream:
            granularities = frozenset(asked.timestamp_granularities) or frozenset[Granularity]({"segment"})
            return await answer(request, wanted, asked.response_format, granularities)
        if asked.response_format not in ("json", "text"):
            message = f'stream goes with "json" and "text", not with "{asked.response_format}".'
            raise RequestError(400, "unsupported_value", message, param="stream")
        pieces = events.with_errors(_deltas(_hear(service, wanted)))
        return await streamed(request, pieces, events.MEDIA_TYPE, deadline_s)

    @router.post("/v1/audio/translations")
    async def translations(request: Request, asked: Annotated[TranslationRequest, Form()]) -> Response:
        options = HearingOptions(translate=True, prompt=asked.prompt)
        wanted = _Wanted(asked.file, model_name(service, "stt", asked.model), options)
        return await answer(request, wanted, asked.response_format, frozenset[Granularity]({"segment"}))

    async def answer(
        request: Request, wanted: _Wanted, shape: TranscriptFormat, granularities: frozenset[Granularity]
    ) -> Response:
        transcript = await while_connected(request.receive, _whole(service, wanted), deadline_s)
        if shape in MEDIA_TYPES:
            return Response(as_text(transcript, shape), media_type=MEDIA_TYPES[shape])
        return JSONResponse(as_json(transcript, shape, granularities, wanted.task))

    return router


async def _hear(service: Service, wanted: _Wanted) -> AsyncGenerator[Heard, None]:
    """What is heard, minute by minute: each is a job of its own, so that conversations are served between two of them.

    Raises:
        RequestError: it is no recording.
        ModelError, WorkerError: the engine cannot do it.
    """
    async with as_file(wanted.file) as path:
        detector = await asyncio.to_thread(service.stages.voice_activity_detector)
        try:
            async with aclosing(hear(path, service.stages.stt, detector, wanted.options)) as hearing:
                async for heard in hearing:
                    yield heard
        except AudioError as error:
            raise _unusable(error, path) from error


async def _whole(service: Service, wanted: _Wanted) -> Transcript:
    segments: list[Segment] = []
    until_s = 0.0
    async with aclosing(_hear(service, wanted)) as hearing:
        async for heard in hearing:
            segments += heard.segments
            until_s = heard.until_s
    language = "en" if wanted.options.translate else most_spoken(segments) or wanted.options.language or ""
    return Transcript("", "", language, until_s, wanted.model, tuple(segments))


async def _deltas(hearing: AsyncGenerator[Heard, None]) -> AsyncGenerator[bytes, None]:
    text, until_s = "", 0.0
    async with aclosing(hearing):
        async for heard in hearing:
            until_s = heard.until_s
            for segment in heard.segments:
                piece = delta(segment, is_first=not text)
                text += piece
                yield events.event({"type": "transcript.text.delta", "delta": piece})
    usage = {"type": "duration", "seconds": round(until_s, 3)}
    yield events.event({"type": "transcript.text.done", "text": text, "usage": usage})


def _unusable(error: AudioError, path: Path) -> RequestError:
    """Without the place where the file lay."""
    reason = str(error).replace(str(path), "the file")
    return RequestError(400, "invalid_file", reason, param="file")
