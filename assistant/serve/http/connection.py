"""Work for a client that may leave at any moment: then it ends, and leaves nothing in the workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TypeVar

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assistant.serve.errors import RequestError

T = TypeVar("T")


class ClientGone(Exception):
    """Nobody is there any longer to be answered."""


async def while_connected(receive: Receive, work: Awaitable[T], deadline_s: float) -> T:
    """The result of the work, which is cancelled when the client leaves.

    Args:
        receive: of the request, whose body was read.
        deadline_s: longest time it may take.

    Raises:
        ClientGone: the client has left.
        RequestError: it took longer.
        Exception: whatever the work raises.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_left(receive))
    try:
        done, _ = await asyncio.wait({task, gone}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            return task.result()
        if gone in done:
            raise ClientGone
        raise RequestError(504, "deadline_exceeded", f"The answer took longer than {deadline_s:g} s.")
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait({task, gone})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def streamed(
    request: Request, pieces: AsyncGenerator[bytes, None], media_type: str, deadline_s: float
) -> Response:
    """A response that is sent piece by piece, as the pieces are made. Waits for the first one.

    Args:
        request: whose body was read.
        pieces: closed in the end, however that comes.
        media_type: of the whole.
        deadline_s: longest time to the first piece, and from there to the last.

    Raises:
        ClientGone: the client left before the first piece.
        RequestError: it took longer.
        Exception: whatever making the first piece raises, which can still be answered with a status.
    """
    try:
        first = await while_connected(request.receive, anext(pieces, b""), deadline_s)
    except BaseException:
        await pieces.aclose()
        raise
    return _Streamed(first, pieces, media_type, deadline_s)


class _Streamed(Response):
    def __init__(self, first: bytes, pieces: AsyncGenerator[bytes, None], media_type: str, deadline_s: float) -> None:
        # Proxies would collect the pieces otherwise.
        super().__init__(None, 200, {"x-accel-buffering": "no", "cache-control": "no-store"}, media_type)
        del self.headers["content-length"]
        self._first = first
        self._pieces = pieces
        self._deadline_s = deadline_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._send(send), self._deadline_s)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._pieces) as pieces:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
