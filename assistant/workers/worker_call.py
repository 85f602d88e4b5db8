"""One stream of a worker, as its supervisor sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assistant.workers.claim import Claim
from assistant.workers.engine_loop import Done, Item


@dataclass(slots=True, eq=False)
class Call:
    """One stream, as the supervisor sees it.

    Attributes:
        claim: for whom it is.
        args: asked for when it is served.
        credit: items that the engine may still send.
        in_reserve: items that it may send, or has sent, beyond what the reader makes room for.
        outcomes: what the reader has not taken yet; never more items than the worker's credit and reserve.
        left: the reader is gone; the engine is still expected to come to its end.
        patience: runs out when the engine owes something for too long.
    """

    number: int
    claim: Claim
    method: str
    args: Callable[[], tuple[Any, ...]]
    credit: int
    deadline_s: float
    in_reserve: int = 0
    outcomes: asyncio.Queue[Item | Done | Exception] = field(default_factory=asyncio.Queue)
    left: bool = False
    patience: asyncio.Timeout = field(default_factory=lambda: asyncio.Timeout(None))

    def expect(self) -> None:
        """From now on the engine owes something: an item, or its end."""
        if not self.patience.expired():
            self.patience.reschedule(asyncio.get_running_loop().time() + self.deadline_s)

    def deliver(self, item: Item) -> None:
        self.credit -= 1
        if not self.left:
            self.outcomes.put_nowait(item)
        if self.credit or self.left:
            self.expect()
        else:
            self.patience.reschedule(None)
