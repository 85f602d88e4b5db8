"""Connections on which no request comes: they are closed, for there is room for a few hundred.

uvicorn itself waits for ever for the headers of a request, and counts the connection meanwhile.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# A phone with a bad line takes three seconds for its headers.
HEADERS_S = 15.0


class PunctualProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, to those who send the headers of each request in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(HEADERS_S, self._end_unless_busy)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()

    def _end_unless_busy(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
