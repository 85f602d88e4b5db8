"""Which calls an engine has begun, and for which of them it works now."""

from __future__ import annotations

import asyncio
from typing import Never

from assistant.errors import CallSuperseded, WorkerHung
from assistant.workers.engine_loop import Cancel, Done, Failed, Item, Job, Loaded, More, Reply
from assistant.workers.line import Line
from assistant.workers.worker_call import Call
from assistant.workers.worker_hosts import Gone, Host
from assistant.workers.worker_options import WorkerOptions
from assistant.workers.worker_times import WorkerTimes
from models.errors import ModelError


class Serving:
    """One engine, from the moment it is loaded to its end.

    It works for the most urgent call, and begins another only if that is more urgent than what it has begun, or if the
    readers of that have enough for now. It goes over between two items, after those for which there is credit.

    Attributes:
        ended_calls: how many came to their end.
    """

    def __init__(self, name: str, line: Line, options: WorkerOptions, times: WorkerTimes) -> None:
        """
        Args:
            name: of the engine, for the errors.
            line: of calls that wait.
            options: `jobs` is what the engine can.
            times: to be kept.
        """
        self.ended_calls = 0
        self._name = name
        self._line = line
        self._options = options
        self._times = times
        self._bell = asyncio.Event()
        self._begun: dict[int, Call] = {}  # by number, in the order in which they were begun
        self._hand: Call | None = None  # for whom the engine works
        self._patience = asyncio.Timeout(None)

    @property
    def begun(self) -> int:
        """Calls, some of which perhaps nobody wants any longer."""
        return len(self._begun)

    async def run(self, host: Host, bell: asyncio.Event) -> Never:
        """Serves the line.

        Args:
            bell: rung by the host, and by whoever joins the line.

        Raises:
            WorkerDied: the engine ended.
            WorkerHung: it owes something, and has given no sign of life for too long.
        """
        self._host, self._bell = host, bell
        try:
            async with asyncio.timeout(None) as self._patience:
                while True:
                    self._bell.clear()
                    while host.replies:
                        self._take(host.replies.popleft())
                    self._assign()
                    await self._bell.wait()
        except TimeoutError:
            owing = self._owing()
            assert owing is not None
            silence = f"gave no sign of life for {owing.deadline_s:g} s in {owing.method}() and has been ended"
            raise WorkerHung(f"{self._name} {silence}") from None

    def taken(self, call: Call) -> None:
        """Its reader took an item."""
        if call.in_reserve:
            call.in_reserve -= 1
        else:
            call.withheld += 1
        self._bell.set()

    def leave(self, call: Call) -> None:
        """Nobody reads it any more, begun or ended."""
        if call.number in self._begun:
            call.left = True
            self._host.send(Cancel(call.number))
            self._bell.set()

    def end(self, error: Exception) -> None:
        """The engine is gone: all that it had begun ends with this."""
        self._work_for(None)
        for call in self._begun.values():
            call.outcomes.put_nowait(error)
        self._begun.clear()

    def _take(self, reply: Reply | Gone) -> None:
        if isinstance(reply, Gone):
            raise reply.error(self._name)
        assert not isinstance(reply, Loaded)
        self._patience.reschedule(None)  # a sign of life
        if isinstance(reply, Item):
            self._begun[reply.number].deliver(reply)
        else:
            self._end_call(self._begun.pop(reply.number), reply.error() if isinstance(reply, Failed) else reply)

    def _end_call(self, call: Call, outcome: Done | ModelError) -> None:
        if call is self._hand:
            self._work_for(None)
        self.ended_calls += 1
        self._times.ended(call.method)
        call.outcomes.put_nowait(outcome)

    def _assign(self) -> None:
        hand = min(filter(lambda it: it.can_go_on, self._begun.values()), key=self._place, default=None)
        if self._line and (hand is None or self._line.first().claim.urgency_now < hand.claim.urgency_now):
            self._supersede(self._line.first())
            if len(self._begun) < self._options.jobs:
                hand = self._begin(self._line.next())
            elif hand is None:
                hand = self._kept_busy()
        if hand is not self._hand:
            self._work_for(hand)
            if hand:
                self._host.send(More(hand.number, 0))
        if hand and hand.withheld:
            self._host.send(More(hand.number, hand.withheld))
            hand.credit, hand.withheld = hand.credit + hand.withheld, 0
        self._expect()

    def _place(self, call: Call) -> tuple[int, bool]:
        """Among equals the engine stays with the call in its hand, then comes what was begun first."""
        return call.claim.urgency_now, call is not self._hand

    def _supersede(self, call: Call) -> None:
        """Ends what was begun ahead of this call, whose turn it is: that may have its place."""
        for other in self._begun.values():
            if call.makes_late(other) and not other.left:
                other.outcomes.put_nowait(CallSuperseded("what it was made ahead of has come"))
                self.leave(other)

    def _begin(self, call: Call) -> Call:
        self._begun[call.number] = call
        self._host.send(Job(call.number, call.method, call.args(), call.credit))
        return call

    def _kept_busy(self) -> Call | None:
        """While others wait, the engine does not stand idle for slow readers: what it makes waits in the call."""
        for call in self._begun.values():
            if not call.left and call.in_reserve < self._options.reserve:
                call.in_reserve += 1
                call.withheld += 1
                return call
        return None

    def _work_for(self, call: Call | None) -> None:
        self._hand = call
        self._times.work_on(call.method if call else None)

    def _expect(self) -> None:
        """From now on the engine owes something, if it did not before."""
        owing = self._owing()
        if owing is None:
            self._patience.reschedule(None)
        elif self._patience.when() is None:
            self._patience.reschedule(asyncio.get_running_loop().time() + owing.deadline_s)

    def _owing(self) -> Call | None:
        """What the engine is to go on with, or to come to its end with."""
        return self._hand or next((call for call in self._begun.values() if call.left or call.credit), None)
