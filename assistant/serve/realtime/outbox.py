"""What is on its way to one client: in order, bounded, each event with an id of its own."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from assistant.serve.realtime.items import new_id

# Two minutes of sound, or a few pictures. Whoever has not read so much is not reading any more; nothing can be left
# out, for the events build on one another, so the connection ends.
_MOST_WAITING = 8 << 20
# For one message to leave: as long as phones are without a network in a tunnel.
_SEND_DEADLINE_S = 30.0


class TooSlow(Exception):
    """The client does not read what it is sent."""


class Outbox:
    """Events go in at once and leave as fast as the client reads them."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque()
        self._waiting = 0
        self._news = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._is_overdue = False
        self._leaving: asyncio.Timeout | None = None

    def put(self, kind: str, **fields: object) -> None:
        """Adds an event at the end. What comes after too much is not kept: `deliver` ends the connection at once."""
        if self._is_overdue:
            return
        event: Mapping[str, object] = {"type": kind, "event_id": new_id("event"), **fields}
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        self._texts.append(text)
        self._waiting += len(text)
        self._is_overdue = self._waiting > _MOST_WAITING
        if self._is_overdue and self._leaving:
            self._leaving.reschedule(0)
        self._is_empty.clear()
        self._news.set()

    async def emptied(self) -> None:
        """Waits until the last event has left."""
        await self._is_empty.wait()

    async def deliver(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Until cancelled.

        Raises:
            TooSlow: too much is waiting, or a message does not leave.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            while self._texts:
                if self._is_overdue:
                    raise TooSlow(f"more than {_MOST_WAITING} bytes are waiting to be read")
                try:
                    async with asyncio.timeout(_SEND_DEADLINE_S) as self._leaving:
                        await send(self._texts[0])
                except TimeoutError:
                    if self._is_overdue:
                        continue
                    raise TooSlow(f"nothing was read for {_SEND_DEADLINE_S:g} s") from None
                finally:
                    self._leaving = None
                self._waiting -= len(self._texts.popleft())
            self._is_empty.set()
