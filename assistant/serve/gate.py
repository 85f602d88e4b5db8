"""What every request and every WebSocket passes before anything else looks at it: name, origin, key, rate, size."""

from __future__ import annotations

import asyncio
import logging
import math
import time

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import AssistantError
from assistant.serve.bodies import limited
from assistant.serve.errors import RequestError, as_request_error
from assistant.serve.http.connection import ClientGone
from assistant.serve.keys import check_key
from assistant.serve.origins import check_origin
from assistant.serve.rates import RequestRates
from assistant.serve.service import Service
from assistant.workers.claim import Claim, claim
from models.errors import ModelError

_log = logging.getLogger(__name__)

# What costs the time of the workers, or tells what others do. The page has a door of its own.
_GUARDED = ("/v1/", "/metrics")


class Gate:
    """ASGI middleware. What fails behind it is told here too: as JSON; to a WebSocket before it is opened."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._rates = RequestRates(service.settings.limits.requests_per_minute)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        started_s = time.perf_counter()
        try:
            self._check(scope)
            await self._pass_on(scope, receive, answer)
        except ClientGone:
            pass
        except (AssistantError, ModelError) as error:
            await answer.refuse(as_request_error(error), scope, receive)
        finally:
            if scope["type"] == "http":
                self._service.metrics.answered(_endpoint(scope), answer.status, time.perf_counter() - started_s)

    def _check(self, scope: Scope) -> None:
        headers, settings = Headers(scope=scope), self._service.settings
        check_origin(headers, settings)
        if not scope["path"].startswith(_GUARDED):
            return
        check_key(headers, settings.keys)
        client = scope["client"][0] if scope.get("client") else ""
        wait_s = self._rates.wait_s(client, asyncio.get_running_loop().time())
        if wait_s:
            message = f"More than {settings.limits.requests_per_minute} requests a minute; try again later."
            raise RequestError(429, "rate_limit_exceeded", message, retry_after_s=math.ceil(wait_s))

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        limits = self._service.settings.limits
        if scope["type"] == "websocket":
            await self._app(scope, receive, answer.send)
            return
        if self._under_way >= limits.concurrent_requests:
            message = f"{self._under_way} requests are under way; try again later."
            raise RequestError(503, "server_busy", message, retry_after_s=5)
        self._under_way += 1
        claim.set(Claim(scope["client"][0] if scope.get("client") else ""))  # each request runs in a task of its own
        try:
            await self._app(scope, limited(scope, receive, limits), answer.send)
        finally:
            self._under_way -= 1


class _Answer:
    """What has been sent so far.

    Attributes:
        status: of HTTP; 101 once a WebSocket is open, 0 while nothing was sent.
    """

    def __init__(self, send: Send) -> None:
        self.status = 0
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.status = 101
        elif message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
        await self._send(message)

    async def refuse(self, error: RequestError, scope: Scope, receive: Receive) -> None:
        if self.status:  # half of it is sent: the connection breaks off, so that nobody takes it for the whole
            _log.warning("what %s answers broke off: %s", scope["path"], error)
            return
        await JSONResponse(error.body(), error.status, error.headers())(scope, receive, self.send)


def _endpoint(scope: Scope) -> str:
    """The path as the route has it: what strangers ask for would make a new counter for each."""
    return str(getattr(scope.get("route"), "path", "")) or "other"
