"""Who is served next: parties in turn, what is waited for first, and nothing that idles while somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_worker import SPEC, items
from worker_engines import troublesome

from assistant import virtual_clock
from assistant.errors import CallSuperseded, WorkerBusy
from assistant.workers.claim import Claim, Urgency, claim
from assistant.workers.line import Line
from assistant.workers.worker import Worker, WorkerOptions
from assistant.workers.worker_call import Call

AWAITED, PREPARED, SUPPLIED, AHEAD = Urgency
INLINE = WorkerOptions(mode="inline")


def call(number: int, party: Hashable, urgency: Urgency = AWAITED) -> Call:
    return Call(number, Claim(party, urgency), "name", tuple, credit=1, deadline_s=1.0)


def line_of(*calls: Call, limit: int = 100) -> Line:
    line = Line("the engine", limit)
    for one in calls:
        line.join(one)
    return line


def order(line: Line) -> list[int]:
    return [line.next().number for _ in range(len(line))]


async def served(worker: Worker, wanted: Sequence[tuple[str, Claim]]) -> list[str]:
    """The names in the order in which they are served, all asked for while the engine is busy with something else."""
    found: list[str] = []

    async def ask(name: str, own: Claim) -> None:
        claim.set(own)
        found.extend(await items(worker, "name", name))

    async with aclosing(worker.stream("pause", 1.0)) as busy:
        await anext(busy)
        asking = [asyncio.create_task(ask(*one)) for one in wanted]
        await asyncio.sleep(0.5)
        assert worker.waiting == len(wanted)
    await asyncio.gather(*asking)
    return found


def test_who_asks_much_does_not_keep_the_others_waiting() -> None:
    async def main() -> list[str]:
        async with Worker(SPEC, INLINE, troublesome) as worker:
            many = [(f"many {number}", Claim("many")) for number in range(3)]
            return await served(worker, [*many, ("one", Claim("one")), ("two", Claim("two"))])

    assert virtual_clock.run(main()) == ["many 0", "one", "two", "many 1", "many 2"]


def test_what_is_waited_for_goes_before_what_may_be_thrown_away() -> None:
    async def main() -> list[str]:
        async with Worker(SPEC, INLINE, troublesome) as worker:
            wanted = [("partial", AHEAD), ("prepared", PREPARED), ("awaited", AWAITED)]
            return await served(worker, [(name, Claim(name, urgency)) for name, urgency in wanted])

    assert virtual_clock.run(main()) == ["awaited", "prepared", "partial"]


def test_a_call_moves_forward_when_somebody_begins_to_wait_for_it() -> None:
    prepared, other = call(1, "a", PREPARED), call(0, "b", PREPARED)
    line = line_of(other, prepared)
    prepared.claim.urgency = AWAITED
    assert order(line) == [1, 0]


def test_the_party_that_was_served_last_is_the_last_in_line() -> None:
    line = line_of(call(0, "a"), call(1, "b"))
    assert line.next().number == 0
    line.join(call(2, "a"))
    line.join(call(3, "c"))
    assert order(line) == [1, 3, 2]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Urgency)), min_size=1, max_size=40))
def test_nobody_who_is_waited_for_is_overtaken_twice_by_the_same_party(wanted: list[tuple[int, Urgency]]) -> None:
    line = line_of(*(call(number, party, urgency) for number, (party, urgency) in enumerate(wanted)))
    waiting = [(number, party) for number, (party, urgency) in enumerate(wanted) if urgency == AWAITED]
    found = [wanted[number][0] for number in order(line)][: len(waiting)]
    assert sorted(found) == sorted(party for _, party in waiting)
    for party in set(found):
        first = found.index(party)
        assert len(set(found[:first])) == first, f"{party} waited while others were served twice: {found}"


def test_a_full_line_turns_away_whoever_has_most_in_it() -> None:
    greedy = [call(number, "greedy") for number in range(3)]
    line = line_of(*greedy, limit=3)
    line.join(call(3, "modest"))
    assert isinstance(greedy[2].outcomes.get_nowait(), WorkerBusy)
    with pytest.raises(WorkerBusy, match="3 are waiting for the engine already"):
        line.join(call(4, "greedy"))
    assert order(line) == [0, 3, 1]


def test_a_full_line_keeps_what_is_waited_for() -> None:
    partial = call(0, "a", AHEAD)
    line = line_of(partial, call(1, "b"), limit=2)
    line.join(call(2, "b"))
    assert isinstance(partial.outcomes.get_nowait(), WorkerBusy)
    with pytest.raises(WorkerBusy):
        line.join(call(3, "c", AHEAD))
    assert order(line) == [1, 2]


def test_what_was_to_be_made_ahead_is_not_made_once_it_comes_too_late() -> None:
    own, other = call(0, "a", AHEAD), call(1, "b", AHEAD)
    line = line_of(own, other)
    line.join(call(2, "a", PREPARED))
    assert isinstance(own.outcomes.get_nowait(), CallSuperseded)
    assert order(line) == [2, 1]


def test_what_is_asked_is_asked_for_when_its_turn_comes() -> None:
    async def main() -> list[str]:
        newest = "old"
        async with Worker(SPEC, INLINE, troublesome) as worker:
            async with aclosing(worker.stream("pause", 1.0)) as busy:
                await anext(busy)
                asking = asyncio.create_task(_all(worker.stream_newest("name", lambda: (newest,))))
                await asyncio.sleep(0.5)
                newest = "new"
            return await asking

    assert virtual_clock.run(main()) == ["new"]


@pytest.mark.parametrize(("reserve", "is_served"), [(100, True), (10, False)])
def test_a_slow_reader_holds_nobody_up_as_long_as_there_is_room(reserve: int, is_served: bool) -> None:
    async def main() -> None:
        options = WorkerOptions(mode="inline", credit=2, reserve=reserve)
        async with Worker(SPEC, options, troublesome) as worker, aclosing(worker.stream("count", 50)) as slow:
            assert await anext(slow) == 0
            other = asyncio.create_task(items(worker, "name", "other"))
            await asyncio.wait({other}, timeout=60)
            assert other.done() == is_served
            assert await _all(slow) == list(range(1, 50))
            assert await other == ["other"]

    virtual_clock.run(main())


async def _all(stream: object) -> list[object]:
    return [item async for item in stream]  # type: ignore[attr-defined]


def test_what_nobody_waits_for_is_put_off_while_others_are_waited_for_on_any_worker() -> None:
    async def main() -> None:
        shared = WorkerOptions(mode="inline")
        own = Claim("speaker", AHEAD)
        async with Worker(SPEC, shared, troublesome) as other, Worker(SPEC, shared, troublesome) as worker:

            async def ahead(claimed: Claim) -> float:
                claim.set(claimed)
                await _all(worker.stream_newest("name", lambda: ("partial",)))
                return asyncio.get_running_loop().time()

            claim.set(Claim("somebody"))
            busy = asyncio.create_task(_all(other.stream("pause", 5.0)))
            await asyncio.sleep(0)
            put_off = asyncio.create_task(ahead(Claim("another", AHEAD)))
            wanted = asyncio.create_task(ahead(own))
            mine = asyncio.create_task(ahead(Claim("somebody", AHEAD)))
            assert await mine < 0.1  # nobody makes room for himself
            await asyncio.sleep(1.0)
            assert not wanted.done()
            own.urgency = AWAITED  # the user has finished
            assert await wanted < 1.2
            assert 5.0 <= await put_off < 5.2
            await busy

    virtual_clock.run(main())
