"""Who is served: whoever names a key, where there are keys."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers

from assistant.serve.errors import RequestError

# A browser cannot set a header on a WebSocket; clients of OpenAI name the key as a subprotocol instead.
KEY_SUBPROTOCOL = "openai-insecure-api-key."


def check_key(headers: Headers, keys: Sequence[str]) -> None:
    """
    Args:
        headers: of a request or of a WebSocket that is being opened.
        keys: those that are good; none: nobody is asked for one.

    Raises:
        RequestError: none of them is named. Comparing takes as long whether much or little of a key is right.
    """
    if not keys:
        return
    given = _given_key(headers)
    if not given:
        raise RequestError(401, "missing_api_key", "This server wants a key: Authorization: Bearer KEY.")
    # All are compared: the time tells nothing of which one fits.
    if not any([hmac.compare_digest(given.encode(), key.encode()) for key in keys]):
        raise RequestError(401, "invalid_api_key", "The key is not one of this server's.")


def _given_key(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    protocols = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    return next((name.removeprefix(KEY_SUBPROTOCOL) for name in protocols if name.startswith(KEY_SUBPROTOCOL)), "")
