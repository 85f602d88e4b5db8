"""`/v1/profiles`: what the page must know of the server before it talks with it, and another profile for it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from assistant.errors import AssistantError
from assistant.page.about import about
from assistant.serve.http.connection import streamed
from models.errors import ModelError

if TYPE_CHECKING:
    from assistant.page.switchboard import Switchboard

# From the request to the last engine: large weights from a slow disk take minutes.
_LOADING_S = 900.0


class Wish(BaseModel):
    """The body of a request for another profile."""

    name: str = Field(max_length=4096)


def profile_routes(board: Switchboard) -> APIRouter:
    """For the page, which names the server's key as any other client does."""
    router = APIRouter()

    @router.get("/v1/profiles")
    def profiles() -> Mapping[str, Any]:
        """In a thread: it looks at the weights of all of them."""
        current = board.current
        found = [{"name": name, "obstacle": board.profiles.obstacle(name)} for name in board.profiles.names()]
        return {
            "about": about(current.service, current.name),
            "profiles": found,
            "may_switch": board.may_switch,
            "older": board.older,
        }

    @router.post("/v1/profiles")
    async def switch(wish: Wish, request: Request) -> Response:
        """Lines of JSON: {"loading": [MODEL, …]} whenever there are fewer, in the end {"in_use": NAME} or {"error"}."""
        return await streamed(request, _told(board, wish.name), "application/jsonl", _LOADING_S)

    return router


async def _told(board: Switchboard, name: str) -> AsyncGenerator[bytes, None]:
    """The boundary at which what goes wrong becomes a line."""
    try:
        async with aclosing(board.switch(name)) as loading:
            async for waiting in loading:
                yield _line(loading=waiting)
        yield _line(in_use=name)
    except (AssistantError, ModelError) as error:
        yield _line(error={"message": str(error)})


def _line(**fields: object) -> bytes:
    return (json.dumps(fields) + "\n").encode()
