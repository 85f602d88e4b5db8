"""One stream of a worker, as its supervisor sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assistant.workers.claim import Claim, Urgency
from assistant.workers.engine_loop import Done, Item


@dataclass(slots=True, eq=False)
class Call:
    """One stream, as the supervisor sees it.

    Attributes:
        claim: for whom it is.
        args: asked for when it is served.
        deadline_s: longest time from one item to the next while the engine works for it.
        credit: items that the engine may still send.
        withheld: items more that the reader has room for, once it is the turn of this call again.
        in_reserve: items that it may send, or has sent, beyond what the reader makes room for.
        outcomes: what the reader has not taken yet; never more items than the worker's credit and reserve.
        left: the reader is gone; the engine is still expected to come to its end.
    """

    number: int
    claim: Claim
    method: str
    args: Callable[[], tuple[Any, ...]]
    credit: int
    deadline_s: float
    withheld: int = 0
    in_reserve: int = 0
    outcomes: asyncio.Queue[Item | Done | Exception] = field(default_factory=asyncio.Queue)
    left: bool = False

    @property
    def can_go_on(self) -> bool:
        """Whether there is somebody who has room for another item."""
        return not self.left and self.credit + self.withheld > 0

    def makes_late(self, other: Call) -> bool:
        """Whether the other was to be made ahead of this one, which has come."""
        is_ahead = other.claim.urgency is Urgency.AHEAD and self.claim.urgency < Urgency.AHEAD
        return is_ahead and other.claim.party == self.claim.party

    def deliver(self, item: Item) -> None:
        self.credit -= 1
        if not self.left:
            self.outcomes.put_nowait(item)
