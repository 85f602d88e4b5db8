"""For whom a worker works, and how much it matters. Travels with the task that asks, like the language of a thread."""

from __future__ import annotations

from collections.abc import Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum


class Urgency(IntEnum):
    """Who waits for a call; the smaller, the sooner it is served."""

    AWAITED = 0  # somebody waits in silence: the transcript of what was said, the reply, the next clause to be spoken
    PREPARED = 1  # somebody will wait in a moment, unless the user goes on
    AHEAD = 2  # nobody does: partial transcripts, and what is read while the user still speaks


@dataclass(slots=True, eq=False)
class Claim:
    """On the workers. Its urgency may change while a call waits: the user has finished, and now the reply is awaited.

    Attributes:
        party: a conversation, or a client that sends requests; all parties have the same right to be served.
    """

    party: Hashable
    urgency: Urgency = Urgency.AWAITED


# Set by whatever begins a task of its own, never within a generator: that would change it for its reader.
claim: ContextVar[Claim] = ContextVar("claim")


def current() -> Claim:
    """Of the running task; all that name none are one party."""
    return claim.get(None) or Claim("whoever names none")
