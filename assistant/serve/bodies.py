"""Bodies of requests: how large they may be, and how long they may take to come."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from assistant.serve.errors import RequestError
from assistant.serve.settings import Limits


def limited(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """`receive`, which raises a `RequestError` where the body is too large or takes too long to come.

    Raises:
        RequestError: it announces itself as too large.
    """
    headers = Headers(scope=scope)
    is_upload = headers.get("content-type", "").startswith("multipart/")
    longest = limits.upload_bytes if is_upload else limits.json_bytes
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > longest:
        raise _too_large(longest)
    deadline_s = asyncio.get_running_loop().time() + limits.body_s
    received, is_complete = 0, False

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
            raise _too_large(longest)
        return message

    return receive_limited


def _too_large(longest: int) -> RequestError:
    return RequestError(413, "request_too_large", f"The request is larger than {longest} bytes.")
