"""For whom a worker works, and how much it matters. Travels with the task that asks, like the language of a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum

# A clause is written and begins to sound in half of it on two quiet cores; whoever listens is not to notice a busy one.
_TO_MAKE_MORE_S = 1.0


class Urgency(IntEnum):
    """Who waits for a call; the smaller, the sooner it is served."""

    AWAITED = 0  # somebody waits in silence: the transcript of what was said, the reply, the next clause to be spoken
    PREPARED = 1  # somebody will wait in a moment, unless the user goes on
    SUPPLIED = 2  # somebody listens to what was made before, and has enough of it for a while
    AHEAD = 3  # nobody does: partial transcripts, and what is read while the user still speaks


@dataclass(slots=True, eq=False)
class Claim:
    """On the workers. Its urgency may change while a call waits: the user has finished, and now the reply is awaited.

    Attributes:
        party: a conversation, or a client that sends requests; all parties have the same right to be served.
        urgency: of what is wanted, however much of it there is already.
    """

    party: Hashable
    urgency: Urgency = Urgency.AWAITED
    _supplied_until_s: float | None = None  # None: nothing was heard yet

    @property
    def urgency_now(self) -> Urgency:
        """What is awaited is less urgent while the listener is supplied."""
        if self._supplied_until_s is None or self.urgency is not Urgency.AWAITED:
            return self.urgency
        return Urgency.SUPPLIED if asyncio.get_running_loop().time() < self._supplied_until_s else Urgency.AWAITED

    def supply(self, duration_s: float) -> None:
        """So many seconds from now the listener will have heard all that there is."""
        self._supplied_until_s = asyncio.get_running_loop().time() + duration_s - _TO_MAKE_MORE_S


# Set by whatever begins a task of its own, never within a generator: that would change it for its reader.
claim: ContextVar[Claim] = ContextVar("claim")


def current() -> Claim:
    """Of the running task; all that name none are one party."""
    return claim.get(None) or Claim("whoever names none")
