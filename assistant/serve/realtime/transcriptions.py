"""Sound that a client hands over as a whole, committed by itself or within an item, and what is understood of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

from assistant.errors import AssistantError
from assistant.live.transcriber import Transcript
from assistant.serve.errors import as_request_error
from assistant.serve.realtime.items import Item
from assistant.serve.realtime.outbox import Outbox
from assistant.session import Session
from models.errors import ModelError


class Transcriptions:
    """Of one conversation.

    Attributes:
        are_told: the client wants to know them.
    """

    def __init__(
        self, session: Session, outbox: Outbox, start: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]
    ) -> None:
        """
        Args:
            start: makes a task of a coroutine.
        """
        self.are_told = True
        self._session = session
        self._outbox = outbox
        self._start = start
        self._running: dict[str, asyncio.Task[Transcript]] = {}

    def begin(self, item: Item) -> None:
        """What its sound says becomes the item's text."""
        task = self._start(self._transcribe(item))
        self._running[item.id] = task
        task.add_done_callback(lambda _: self._running.pop(item.id, None))

    async def of(self, item: Item, language: str) -> Transcript:
        """What the item says, in that language if it was written; waits until it is known."""
        if task := self._running.get(item.id):
            return await asyncio.shield(task)
        return Transcript(item.text, language, 0)

    async def _transcribe(self, item: Item) -> Transcript:
        """Empty where it fails: the client is told why, and goes on."""
        assert item.audio is not None, "an item without sound"
        audio = item.audio
        try:
            options = self._session.transcribe_options()
            async with aclosing(self._session.stages.stt.stream("transcribe", audio, options)) as stream:
                segments = [segment async for segment in stream]
        except (AssistantError, ModelError) as error:
            self._tell(item, "failed", error=as_request_error(error).body()["error"])
            return Transcript("", "", 0)
        item.text = " ".join(segment.text for segment in segments).strip()
        if self.are_told:
            if item.text:
                self._tell(item, "delta", delta=item.text)
            usage = {"type": "duration", "seconds": round(audio.duration_s, 2)}
            self._tell(item, "completed", transcript=item.text, usage=usage)
        return Transcript(item.text, segments[0].language if segments else "", len(audio.samples))

    def _tell(self, item: Item, what: str, **fields: object) -> None:
        kind = f"conversation.item.input_audio_transcription.{what}"
        self._outbox.put(kind, item_id=item.id, content_index=0, **fields)
