"""How responses begin and end: those that the client asks for, and those that follow from what the user says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from assistant.errors import AssistantError
from assistant.live.picture_reply import picture_reply
from assistant.live.session import LiveSession
from assistant.serve.errors import RequestError, as_request_error
from assistant.serve.rates import RequestRates
from assistant.serve.realtime.aside import Aside, aside
from assistant.serve.realtime.client_events import ResponseParams
from assistant.serve.realtime.function_choice import FunctionChooser
from assistant.serve.realtime.items import Item, Items
from assistant.serve.realtime.narrator import Narrator
from assistant.serve.realtime.outbox import Outbox
from assistant.serve.realtime.response import Response, ResponseSettings
from assistant.serve.realtime.session_config import SessionConfig
from assistant.serve.realtime.tools import CallSieve
from assistant.serve.realtime.transcriptions import Transcriptions
from assistant.session import Session
from models.errors import ModelError

Start: TypeAlias = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]

# Those that a client asks for; the ones that follow from speech are limited by how fast people speak.
_RESPONSES_A_MINUTE = 60
# Outside of the conversation at once: each waits for the same language model.
_MOST_BESIDE = 4


@dataclass(frozen=True, slots=True)
class Parts:
    """What a conversation is made of.

    Attributes:
        live: begins to listen and to speak, if that has not begun.
        start: makes a task of a coroutine.
    """

    session: Session
    items: Items
    outbox: Outbox
    transcriptions: Transcriptions
    live: Callable[[], Awaitable[LiveSession]]
    start: Start


class Responses:
    """Of one conversation; at most one is in progress, and beside it those in writing that belong to no conversation.

    Attributes:
        config: the settings of the session.
        sieve: what the replies of the live conversation pass.
        narrator: who tells of them; set before anything is asked.
    """

    narrator: Narrator

    def __init__(self, conversation_id: str, config: SessionConfig, parts: Parts) -> None:
        self.config = config
        chooser = FunctionChooser(parts.session.stages.llm, lambda: parts.items.question)
        self.sieve = CallSieve((), "none", chooser.call)
        self._conversation_id = conversation_id
        self._parts = parts
        self._rates = RequestRates(_RESPONSES_A_MINUTE)
        self._writing: asyncio.Task[None] | None = None
        self._beside: dict[str, asyncio.Task[None]] = {}  # by the id of the response

    def begin(self) -> Response:
        """One that the client did not ask for."""
        return self._begin(ResponseParams(), self.sieve)

    async def create(self, params: ResponseParams) -> None:
        """Begins what the client asks for.

        Raises:
            RequestError: one is in progress, too many were asked for, or the parameters cannot be.
        """
        is_beside = params.conversation == "none" and not self._has_audio(params)
        if self.narrator.response and not is_beside:
            message = "A response is in progress; cancel it, or wait for response.done."
            raise RequestError(400, "conversation_already_has_active_response", message)
        if self._rates.wait_s("", asyncio.get_running_loop().time()):
            message = f"More than {_RESPONSES_A_MINUTE} responses a minute; try again later."
            raise RequestError(429, "rate_limit_exceeded", message)
        if is_beside:
            self._write_beside(params)
            await asyncio.sleep(0)  # it runs now, and can be cancelled
            return
        usual = ResponseParams(metadata=params.metadata, output_modalities=params.output_modalities)
        newest = self._parts.items.newest
        if params == usual and newest and newest.role == "user":
            await self._answer(newest, params)
        else:
            await self._go_on(params, aside(self._parts.session, self._parts.items, self.config, params))

    def cancel(self, response_id: str | None) -> bool:
        """The client wants no more of it; whether it is left to the live conversation to fall silent.

        Raises:
            RequestError: there is none, or it is another one.
        """
        if response_id in self._beside:
            self._beside[response_id].cancel()
            return False
        response = self.narrator.response
        if response is None or response_id not in (None, response.id):
            raise RequestError(400, "response_cancel_not_active", "There is no such response in progress.")
        is_written = self._stop_writing()
        self.narrator.cancel()
        return not is_written

    async def answer_in_writing(self) -> None:
        """The user has said something that is not answered in speech."""
        turn_detection = self.config.audio.input.turn_detection
        newest = self._parts.items.newest
        if turn_detection and turn_detection.create_response and newest and not self.narrator.response:
            await self._answer(newest, ResponseParams())

    async def go_on(self) -> None:
        """The assistant says something unasked, with what was said so far in mind."""
        if not self.narrator.response:
            params = ResponseParams()
            await self._go_on(params, aside(self._parts.session, self._parts.items, self.config, params))

    def give_way(self) -> None:
        """The user begins to speak: what is being written ends."""
        turn_detection = self.config.audio.input.turn_detection
        if turn_detection and turn_detection.interrupt_response and self._stop_writing():
            self._parts.items.settle("known")
            self.narrator.close("cancelled", reason="turn_detected")

    def _stop_writing(self) -> bool:
        is_written = self._writing is not None and not self._writing.done()
        if self._writing:
            self._writing.cancel()
        return is_written

    def _has_audio(self, params: ResponseParams) -> bool:
        return "audio" in (params.output_modalities or self.config.output_modalities)

    async def _answer(self, question: Item, params: ResponseParams) -> None:
        """The user's message is answered as if it had just been said: commands and pictures are understood."""
        live = await self._parts.live()
        response = self._begin(params, self.sieve)
        question.reading = "open"
        if self._has_audio(params):
            response.is_asked_for = True
            live.answer(partial(self._parts.transcriptions.of, question, self.narrator.language))
        else:
            self._writing = self._parts.start(self._write(response, self._deltas(question)))

    async def _go_on(self, params: ResponseParams, other: Aside) -> None:
        """What was said so far is gone on with, or what the parameters say instead."""
        language = self.narrator.language
        deltas = other.session.answer("", language)
        if self._has_audio(params):
            live = await self._parts.live()
            self._begin(params, other.sieve).is_remembered = True
            live.say(deltas, language)
        else:
            self._writing = self._parts.start(self._write(self._begin(params, other.sieve), deltas))

    async def _deltas(self, question: Item) -> AsyncGenerator[str, None]:
        """What is answered in writing to the user's message."""
        session, language = self._parts.session, self.narrator.language
        said = await self._parts.transcriptions.of(question, language)
        if reply := await picture_reply(session, said, "", said.text):
            deltas = reply(_at_once)
        else:
            deltas = session.answer(said.text, said.language or language)
        async with aclosing(deltas):
            async for delta in deltas:
                yield delta

    async def _write(self, response: Response, deltas: AsyncGenerator[str, None]) -> None:
        response.is_remembered = True
        try:
            await _written(response, deltas)
        except (AssistantError, ModelError) as error:
            self._parts.items.settle("known")
            self.narrator.close("failed", error=as_request_error(error).body()["error"])
        else:
            self.narrator.complete()

    def _write_beside(self, params: ResponseParams) -> None:
        if len(self._beside) >= _MOST_BESIDE:
            message = f"{_MOST_BESIDE} responses outside of the conversation are in progress; wait for response.done."
            raise RequestError(400, "conversation_already_has_active_response", message)
        other = aside(self._parts.session, self._parts.items, self.config, params)
        response = self._new(params, other.sieve)
        task = self._parts.start(write_alone(response, other.session.answer("", self.narrator.language)))
        self._beside[response.id] = task
        task.add_done_callback(lambda _: self._beside.pop(response.id))

    def _begin(self, params: ResponseParams, sieve: CallSieve) -> Response:
        self.narrator.response = response = self._new(params, sieve)
        return response

    def _new(self, params: ResponseParams, sieve: CallSieve) -> Response:
        items, audio = self._parts.items, self.config.audio.output
        settings = ResponseSettings(
            conversation_id=self._conversation_id if params.conversation == "auto" else None,
            has_audio=self._has_audio(params),
            format=audio.format.type,
            voice=audio.voice_name,
            max_tokens=params.max_output_tokens or self.config.max_output_tokens,
            metadata=params.metadata,
            input_characters=sum(len(item.text) for item in items.known()) + len(items.instructions),
        )
        response = Response(settings, self._parts.outbox, items, sieve)
        now_s = asyncio.get_running_loop().time()
        left = self._rates.left("", now_s)
        limit = {
            "name": "requests",
            "limit": _RESPONSES_A_MINUTE,
            "remaining": left,
            "reset_seconds": (_RESPONSES_A_MINUTE - left) * 60 / _RESPONSES_A_MINUTE,
        }
        self._parts.outbox.put("rate_limits.updated", rate_limits=[limit])
        return response


async def write_alone(response: Response, deltas: AsyncGenerator[str, None]) -> None:
    """A response in writing to its end, of which the conversation knows nothing."""
    try:
        await _written(response, deltas)
    except (AssistantError, ModelError) as error:
        response.end("failed", error=as_request_error(error).body()["error"])
    except asyncio.CancelledError:
        response.end("cancelled", reason="client_cancelled")
        raise
    else:
        outcome, details = response.finish_writing()
        response.end(outcome, **details)


async def _written(response: Response, deltas: AsyncGenerator[str, None]) -> None:
    async with aclosing(deltas):
        async for delta in deltas:
            response.n_deltas += 1
            response.write(delta)


async def _at_once() -> None:
    """The user has finished long ago."""
