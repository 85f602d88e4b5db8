"""Which call a worker serves next. Knows no engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from assistant.errors import CallSuperseded, WorkerBusy
from assistant.workers.claim import Urgency
from assistant.workers.worker_call import Call

# More than can be in line at once. A party that is not remembered counts as not served yet, and gets a turn early.
_REMEMBERED = 256


class Line:
    """Calls that wait.

    The most urgent go first. Among equals it is the turn of the party that was served longest ago, and each party's
    own calls are served in the order in which they came. So nobody who is waited for is overtaken twice by the same
    party, however much that one asks; what nobody waits for takes what time is left, and may get none.

    When the line is full, somebody is turned away with `WorkerBusy`: of the least urgent calls the newest of the party
    that has the most in line, which may be the one that comes.
    """

    def __init__(self, name: str, limit: int) -> None:
        """
        Args:
            name: of what is waited for, for the errors.
            limit: of calls, at least 1.
        """
        self._name = name
        self._limit = limit
        self._calls: list[Call] = []
        self._turns: dict[Hashable, int] = {}  # party -> number of its newest turn; the oldest first
        self._turn = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call: Call) -> bool:
        return call in self._calls

    def join(self, call: Call) -> None:
        """The call waits from now on. What its party has in line to be made ahead of it comes too late now.

        Raises:
            WorkerBusy: it is the one that is turned away.
        """
        for other in [other for other in self._calls if call.makes_late(other)]:
            self._turn_away(other, CallSuperseded("what it was made ahead of has come"))
        self._calls.append(call)
        if len(self._calls) > self._limit:
            sizes = Counter(waiting.claim.party for waiting in self._calls)
            last = max(self._calls, key=lambda it: (it.claim.urgency, sizes[it.claim.party], it.number))
            busy = WorkerBusy(f"{self._limit} are waiting for {self._name} already; try again later")
            if last is call:
                self._calls.remove(call)
                raise busy
            self._turn_away(last, busy)

    def first(self) -> Call:
        """The call whose turn it is; there must be one."""
        return min(self._calls, key=self._place)

    def next(self) -> Call:
        """Takes it out."""
        call = self.first()
        self._calls.remove(call)
        self._turn += 1
        self._turns.pop(call.claim.party, None)
        self._turns[call.claim.party] = self._turn
        if len(self._turns) > _REMEMBERED:
            del self._turns[next(iter(self._turns))]
        return call

    def leave(self, call: Call) -> None:
        """It waits no longer."""
        self._calls.remove(call)

    def _place(self, call: Call) -> tuple[Urgency, int, int]:
        return call.claim.urgency_now, self._turns.get(call.claim.party, 0), call.number

    def _turn_away(self, call: Call, error: Exception) -> None:
        """It waits no longer, and is told why."""
        self._calls.remove(call)
        call.outcomes.put_nowait(error)
