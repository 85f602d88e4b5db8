"""Who goes first on a device that speech and pictures share."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

# A reply is written in less. Where many people talk there always is one being written, and pictures must come all the
# same.
_LONGEST_WAIT_S = 10.0


class RightOfWay:
    """Replies have it: whoever draws waits between two steps while one is being made."""

    def __init__(self) -> None:
        self._holders = 0
        self._free = asyncio.Event()
        self._free.set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A reply is being made inside the block."""
        self._holders += 1
        self._free.clear()
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders:
                self._free.set()

    async def wait(self) -> None:
        """Returns when no reply is being made, or when that has been so for too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._free.wait()
