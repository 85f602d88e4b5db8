"""`WS /v1/realtime`: from a socket to a conversation, and everything that ends one."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from fastapi import FastAPI
from starlette.websockets import WebSocket, WebSocketDisconnect

from assistant.errors import AssistantError
from assistant.serve.errors import RequestError, as_request_error
from assistant.serve.realtime.client_events import event_of, parsed
from assistant.serve.realtime.conversation import RealtimeConversation
from assistant.serve.realtime.outbox import Outbox, TooSlow
from assistant.serve.realtime.senses import Senses
from assistant.serve.service import Service
from assistant.workers.claim import claim
from models.errors import ModelError

_log = logging.getLogger(__name__)

# RFC 6455, section 7.4.1, and the codes that were registered later.
_OVER, _POLICY, _BROKEN, _BUSY = 1000, 1008, 1011, 1013
# What clients of OpenAI name beside their key, and expect back.
_SUBPROTOCOL = "realtime"
# For the last events to leave.
_FAREWELL_S = 2.0


def add_realtime(app: FastAPI, service: Service) -> None:
    """Adds the route. Keys, origins and rates are the `Gate`'s."""
    senses = Senses(service.stages)

    @app.websocket("/v1/realtime")
    async def realtime(socket: WebSocket) -> None:
        await socket.accept(_SUBPROTOCOL if _SUBPROTOCOL in socket.scope["subprotocols"] else None)
        outbox = Outbox()
        try:
            with service.session():
                code = await _converse(socket, service, senses, outbox)
        except RequestError as refusal:  # told after the upgrade: a browser learns nothing of one that is refused
            _tell(outbox, refusal, None)
            code = await _part(socket, outbox)
        # A client that is gone, or does not read, is not waited for.
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(_FAREWELL_S):
                await socket.close(code)


async def _part(socket: WebSocket, outbox: Outbox) -> int:
    delivering, emptied = asyncio.create_task(outbox.deliver(socket.send_text)), asyncio.create_task(outbox.emptied())
    try:
        await asyncio.wait({delivering, emptied}, timeout=_FAREWELL_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        delivering.cancel()
        emptied.cancel()
        await asyncio.gather(delivering, emptied, return_exceptions=True)
    return _BUSY


async def _converse(socket: WebSocket, service: Service, senses: Senses, outbox: Outbox) -> int:
    """Until one of both has had enough; returns the code to close the socket with. All its tasks have ended then."""
    code = _OVER
    try:
        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(outbox.deliver(socket.send_text))
            conversation = RealtimeConversation(service, senses, outbox, tasks)
            claim.set(conversation.claim)
            conversation.greet()
            reading = tasks.create_task(_read(socket, conversation, outbox, service.settings.limits.message_bytes))
            over = tasks.create_task(conversation.over.wait())
            ended, _ = await asyncio.wait(
                {reading, over}, timeout=service.settings.limits.session_s, return_when=asyncio.FIRST_COMPLETED
            )
            conversation.close()
            if not ended:
                _tell(
                    outbox, RequestError(400, "session_expired", "The conversation has lasted as long as it may."), None
                )
            if reading not in ended:
                reading.cancel()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL_S):
                        await outbox.emptied()
            over.cancel()
            delivering.cancel()
    except* WebSocketDisconnect:
        pass
    except* TooSlow as slow:
        _log.info("a client was too slow: %s", slow.exceptions[0])
        code = _POLICY
    except* Exception:  # the boundary of one conversation: a defect in it must not reach the others
        _log.exception("a realtime conversation broke down")
        code = _BROKEN
    return code


async def _read(socket: WebSocket, conversation: RealtimeConversation, outbox: Outbox, longest: int) -> None:
    """Takes what the client sends, one after another, until it is gone."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        event_id = None
        try:
            text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
            if len(text) > longest:
                raise RequestError(413, "message_too_large", f"The message is larger than {longest} bytes.")
            event_id, event = parsed(text)
            await conversation.take(event_of(event))
        except (AssistantError, ModelError) as error:
            _tell(outbox, as_request_error(error), event_id)


def _tell(outbox: Outbox, refusal: RequestError, event_id: str | None) -> None:
    outbox.put("error", error={**refusal.body()["error"], "event_id": event_id})
