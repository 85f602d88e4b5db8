"""POST /v1/chat/completions: messages -> a reply, word by word where that is wanted."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.serve.http import events
from assistant.serve.http.chat_request import ChatRequest
from assistant.serve.http.chat_tools import shown
from assistant.serve.http.connection import streamed, while_connected
from assistant.serve.names import model_name
from assistant.serve.realtime.function_choice import FunctionChooser
from assistant.serve.realtime.tools import CallSieve, FunctionCall
from assistant.serve.service import Service
from models.types import Message, ReplyOptions, TokenCount


@dataclass(slots=True)
class _Reply:
    """A reply in the making.

    Attributes:
        sieve: keeps the function back that is called.
        count, call: once it is complete, where the engine knows it, and where the model calls a function.
    """

    model: str
    sieve: CallSieve
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created_s: int = field(default_factory=lambda: int(time.time()))
    count: TokenCount | None = None
    call: FunctionCall | None = None

    @property
    def tool_calls(self) -> list[Mapping[str, Any]]:
        """One at most: this server makes no two at once."""
        return [shown(self.call, f"call_{self.id.removeprefix('chatcmpl-')}")] if self.call else []

    @property
    def message(self) -> dict[str, Any]:
        """What of it is no text."""
        return {"tool_calls": self.tool_calls} if self.call else {}

    @property
    def finish_reason(self) -> str:
        if self.call:
            return "tool_calls"
        return "length" if self.count and self.count.was_cut else "stop"

    @property
    def usage(self) -> Mapping[str, int] | None:
        if self.count is None:
            return None
        prompt, reply = self.count.prompt, self.count.reply
        return {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}

    def shape(self, kind: str, choices: list[Mapping[str, Any]]) -> dict[str, Any]:
        """What a whole reply and each of its chunks have in common."""
        return {"id": self.id, "object": kind, "created": self.created_s, "model": self.model, "choices": choices}

    def chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        """A piece of the reply."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.shape("chat.completion.chunk", [choice])


def routes(service: Service) -> APIRouter:
    """The route, for one server."""
    router = APIRouter()
    deadline_s = service.settings.limits.request_s

    @router.post("/v1/chat/completions")
    async def completions(request: Request, asked: ChatRequest) -> Response:
        model, wanted = model_name(service, "llm", asked.model), asked.offer()
        chooser = FunctionChooser(service.stages.llm, lambda: asked.question)
        reply = _Reply(model, CallSieve(wanted.tools, wanted.choice, chooser.call))
        deltas = _deltas(service, reply, asked.conversation(), asked.options(service.profile.sampling))
        if asked.stream:
            pieces = events.with_errors(_chunks(reply, deltas, with_usage=asked.stream_options.include_usage))
            return await streamed(request, pieces, events.MEDIA_TYPE, deadline_s)
        text = await while_connected(request.receive, _joined(deltas), deadline_s)
        message = {
            "role": "assistant",
            "content": (text or None) if reply.call else text,
            "refusal": None,
            **reply.message,
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}
        return JSONResponse({**reply.shape("chat.completion", [choice]), "usage": reply.usage})

    return router


async def _deltas(
    service: Service, reply: _Reply, messages: list[Message], options: ReplyOptions
) -> AsyncGenerator[str, None]:
    """
    Raises:
        ModelError, WorkerError: the language model fails.
        RequestError: a function had to be called and was not, or in a way that does not fit its parameters.
    """
    written = service.stages.llm.stream("reply", messages, options)
    async with aclosing(reply.sieve.spoken(written)) as deltas:
        async for delta in deltas:
            if delta:
                yield delta
    reply.call, reply.count = reply.sieve.taken()


async def _joined(deltas: AsyncGenerator[str, None]) -> str:
    async with aclosing(deltas):
        return "".join([delta async for delta in deltas])


async def _chunks(reply: _Reply, deltas: AsyncGenerator[str, None], *, with_usage: bool) -> AsyncGenerator[bytes, None]:
    async with aclosing(deltas):
        role = {"role": "assistant"}
        async for delta in deltas:
            yield events.event(reply.chunk({**role, "content": delta}))
            role = {}
    for index, call in enumerate(reply.tool_calls):
        yield events.event(reply.chunk({**role, "tool_calls": [{"index": index, **call}]}))
        role = {}
    yield events.event(reply.chunk(role, reply.finish_reason))
    if with_usage:
        yield events.event({**reply.shape("chat.completion.chunk", []), "usage": reply.usage})
    yield events.DONE
