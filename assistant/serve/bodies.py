"""Bodies of requests: how large they may be, and how long they may take to come."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from assistant.serve.errors import RequestError
from assistant.serve.settings import Limits

# A slow line sends 2 MB in that time; whoever goes on sending for longer does not look at answers.
_LINGER_S = 2.0


def limited(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """`receive`, which raises a `RequestError` where the body is too large or takes too long to come."""
    headers = Headers(scope=scope)
    is_upload = headers.get("content-type", "").startswith("multipart/")
    longest = limits.upload_bytes if is_upload else limits.json_bytes
    announced = headers.get("content-length", "")
    received = int(announced) if announced.isdecimal() and int(announced) > longest else 0
    deadline_s = asyncio.get_running_loop().time() + limits.body_s
    is_complete = False

    async def receive_limited() -> Message:
        nonlocal received, is_complete
        if is_complete:
            return await receive()  # tells when the client leaves, however long that takes
        try:
            async with asyncio.timeout_at(deadline_s):
                message = await receive()
        except TimeoutError:
            late = f"The request did not come to its end within {limits.body_s:g} s."
            raise RequestError(408, "request_timeout", late) from None
        received += len(message.get("body", b""))
        is_complete = not message.get("more_body", False)
        if received > longest:
            if not is_complete:
                await _drain(receive)
            raise RequestError(413, "request_too_large", f"The request is larger than {longest} bytes.")
        return message

    return receive_limited


async def _drain(receive: Receive) -> None:
    """Reads on for a while: who is still sending when the connection is closed never sees the answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while (await receive()).get("more_body", False):
                pass
