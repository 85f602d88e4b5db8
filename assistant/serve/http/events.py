"""Server-sent events (WHATWG HTML, section 9.2), as OpenAI's clients read them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from assistant.errors import AssistantError
from assistant.serve.errors import as_request_error
from models.errors import ModelError

MEDIA_TYPE = "text/event-stream"
# How streams of chat completions end, and no others.
DONE = b"data: [DONE]\n\n"


def event(body: Mapping[str, Any]) -> bytes:
    """One event; JSON has no line ends of its own."""
    return b"data: " + json.dumps(body, ensure_ascii=False).encode(errors="replace") + b"\n\n"


async def with_errors(events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The events; what fails after the first of them is told as the last one, since the status is sent by then.

    Raises:
        AssistantError, ModelError: before the first.
    """
    is_first = True
    async with aclosing(events):
        try:
            async for piece in events:
                yield piece
                is_first = False
        except (AssistantError, ModelError) as error:
            if is_first:
                raise
            yield event(as_request_error(error).body())
