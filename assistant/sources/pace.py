"""How slowly, and how much, an answer may come. Below HTTP, so that heads, redirects, refusals, compressed pages and
the pieces of a stream are all covered: a server that sends a byte a minute, or a page without an end, holds up nobody.
"""

from __future__ import annotations

import http.client
import io
import socket
from time import monotonic
from typing import Any

# A web page or a list of pieces; the largest of real sites have about 5 MB.
LARGEST_PAGE_BYTES = 50_000_000
# Less than any codec needs for speech: at this pace a recording would take longer to arrive than to hear.
_SLOWEST_BYTES_PER_S = 500


class PacedStream(io.RawIOBase):
    """What a socket receives, as long as enough of it comes."""

    def __init__(self, received: io.RawIOBase, stalled_s: float) -> None:
        """
        Args:
            received: of the socket, which has a timeout of its own for each read.
            stalled_s: time spent waiting, in seconds, after which less than the slowest pace ends it.
        """
        self._received, self._stalled_s = received, stalled_s
        self._waited_s, self._arrived_bytes = 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """
        Raises:
            TimeoutError: too slow; or the socket's own.
        """
        before_s = monotonic()
        amount: int = self._received.readinto(buffer)
        # Only the waiting counts: the reader may have better things to do.
        self._waited_s += monotonic() - before_s
        self._arrived_bytes += amount
        if amount and self._waited_s > self._stalled_s:
            if self._arrived_bytes < self._stalled_s * _SLOWEST_BYTES_PER_S:
                self._received.close()  # the server is not left to wait for a reader
                raise TimeoutError(f"only {self._arrived_bytes} bytes in {self._waited_s:.0f} s")
            self._waited_s, self._arrived_bytes = 0.0, 0
        return amount

    def close(self) -> None:
        self._received.close()
        super().close()


class PacedResponse(http.client.HTTPResponse):
    """An answer that keeps the pace; what is read whole is a page, and not too large."""

    def __init__(self, sock: socket.socket, *rest: Any, stalled_s: float, **more: Any) -> None:
        super().__init__(sock, *rest, **more)
        received: io.RawIOBase = self.fp.detach()
        self.fp = io.BufferedReader(PacedStream(received, stalled_s))

    def read(self, amt: int | None = None) -> bytes:
        """
        Raises:
            http.client.HTTPException: all of it was asked for, and that is larger than a page can be.
            http.client.IncompleteRead: the connection ended before the announced length.
        """
        if amt is not None:
            return self.read1(amt)  # what has arrived; all of it could be lost while the last bytes are waited for
        page = super().read(LARGEST_PAGE_BYTES + 1)
        if len(page) > LARGEST_PAGE_BYTES:
            self.close()
            raise http.client.HTTPException(f"the page is larger than {LARGEST_PAGE_BYTES} bytes")
        if self.length and not self.isclosed():
            raise http.client.IncompleteRead(page, self.length)
        self.close()
        return page
