"""Many who are waited for at once: what nobody waits for is put off meanwhile, on whichever worker it would run."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from assistant.workers.claim import Claim, Urgency
from assistant.workers.worker_call import Call

# How often it is looked whether the rush is over: nobody notices a partial transcript that comes so much later.
_LOOK_S = 0.05


class Rush:
    """Of workers that share the cores of a machine: one that works on what may be thrown away slows all others."""

    def __init__(self) -> None:
        self._calls: set[Call] = set()

    def join(self, call: Call) -> None:
        """Somebody asks for it."""
        self._calls.add(call)

    def leave(self, call: Call) -> None:
        """Nobody reads it any more."""
        self._calls.discard(call)

    def is_on(self, party: Hashable) -> bool:
        """Whether an engine works for, or is waited for by, another party that is waited for itself.

        An engine that is as far ahead of its reader as it may be does not work.
        """
        return any(
            call.claim.urgency < Urgency.AHEAD and call.claim.party != party and call.can_go_on for call in self._calls
        )

    async def pass_by(self, claim: Claim) -> None:
        """Returns when it is over, or when somebody waits for what is claimed, which may be at once."""
        while claim.urgency is Urgency.AHEAD and self.is_on(claim.party):  # noqa: ASYNC110 urgencies change in silence
            await asyncio.sleep(_LOOK_S)
