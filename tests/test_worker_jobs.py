"""Several jobs begun at once: whoever waits in silence goes before whoever has something to listen to."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from test_worker import items
from worker_engines import troublesome

from assistant import virtual_clock
from assistant.errors import CallSuperseded, WorkerDied, WorkerHung
from assistant.workers.claim import Claim, Urgency, claim
from assistant.workers.worker import Worker, WorkerOptions
from models.types import EngineSpec

SPEC = EngineSpec("llm", "troublesome", options={"by_turns": True})
BY_TURNS = WorkerOptions(mode="inline", credit=2, jobs=2, reserve=0)


async def paced(worker: Worker, name: str, own: Claim, found: list[str]) -> None:
    """Takes what an engine makes of 30 steps of a second, and notes when it has begun and ended."""
    claim.set(own)
    async with aclosing(worker.stream("paced", 30)) as numbers:
        async for number in numbers:
            found.append(f"{name} {number}")


def test_who_waits_in_silence_is_served_between_two_items_of_who_does_not() -> None:
    async def main() -> None:
        found: list[str] = []
        async with Worker(SPEC, BY_TURNS, troublesome) as worker, asyncio.TaskGroup() as group:
            listener = Claim("listener")
            group.create_task(paced(worker, "long", listener, found))
            await asyncio.sleep(10.5)
            listener.supply(1000.0)
            claim.set(Claim("other"))
            assert await items(worker, "name", "short") == ["short"]
            # A step, and what there is credit for.
            assert asyncio.get_running_loop().time() < 10.5 + 2
            assert worker.begun == 1
        assert found == [f"long {number}" for number in range(30)]

    virtual_clock.run(main())


def test_equals_are_served_one_after_the_other() -> None:
    async def main() -> None:
        found: list[str] = []
        async with Worker(SPEC, BY_TURNS, troublesome) as worker, asyncio.TaskGroup() as group:
            for name in ("first", "second", "third"):
                group.create_task(paced(worker, name, Claim(name), found))
        assert found == [f"{name} {number}" for name in ("first", "second", "third") for number in range(30)]

    virtual_clock.run(main())


def test_who_has_enough_to_hear_gives_way_until_the_other_has_too() -> None:
    async def main() -> None:
        found: list[str] = []
        async with Worker(SPEC, BY_TURNS, troublesome) as worker, asyncio.TaskGroup() as group:
            first, second = Claim("first"), Claim("second")
            group.create_task(paced(worker, "first", first, found))
            await asyncio.sleep(5.5)
            first.supply(11.0)  # of which the last second is needed to make more
            group.create_task(paced(worker, "second", second, found))
            await asyncio.sleep(14.0)
            assert found[-1].startswith("second")  # equals again, and it stays with who it is at
            second.supply(11.0)
            await asyncio.sleep(5.0)
            assert found[-1].startswith("first")
        assert len(found) == 60

    virtual_clock.run(main())


def test_a_slow_reader_holds_nobody_up() -> None:
    async def main() -> None:
        async with Worker(SPEC, BY_TURNS, troublesome) as worker, aclosing(worker.stream("count", 50)) as slow:
            assert await anext(slow) == 0
            claim.set(Claim("other"))
            for name in ("a", "b", "c"):
                assert await items(worker, "name", name) == [name]
            assert [item async for item in slow] == list(range(1, 50))

    virtual_clock.run(main())


def test_an_engine_that_does_not_work_by_turns_ends_what_it_has_begun_first() -> None:
    async def main() -> None:
        found: list[str] = []
        one_by_one = EngineSpec("llm", "troublesome")
        async with Worker(one_by_one, BY_TURNS, troublesome) as worker, asyncio.TaskGroup() as group:
            group.create_task(paced(worker, "prepared", Claim("a", Urgency.PREPARED), found))
            await asyncio.sleep(3.5)
            group.create_task(paced(worker, "awaited", Claim("b"), found))
        assert found[:30] == [f"prepared {number}" for number in range(30)]

    virtual_clock.run(main())


def test_no_more_are_begun_than_allowed() -> None:
    async def main() -> None:
        async with Worker(SPEC, BY_TURNS, troublesome) as worker:
            streams = [worker.stream("count", 50) for _ in range(3)]
            for stream in streams[:2]:
                assert await anext(stream) == 0
            third = asyncio.create_task(_next(streams[2]))
            await asyncio.sleep(1.0)
            assert (worker.begun, worker.waiting, third.done()) == (2, 1, False)
            await streams[0].aclose()
            assert await third == 0
            for stream in streams:
                await stream.aclose()

    virtual_clock.run(main())


def test_what_was_begun_ahead_ends_when_what_it_was_made_for_begins() -> None:
    async def main() -> None:
        found: list[str] = []
        async with Worker(SPEC, BY_TURNS, troublesome) as worker:
            ahead = asyncio.create_task(paced(worker, "ahead", Claim("a", Urgency.AHEAD), found))
            await asyncio.sleep(3.5)
            claim.set(Claim("a", Urgency.PREPARED))
            assert await items(worker, "name", "reply") == ["reply"]
            with pytest.raises(CallSuperseded):
                await ahead
            assert worker.begun == 0

    virtual_clock.run(main())


def test_who_is_waited_for_takes_the_place_of_what_was_begun_ahead_of_it_where_there_is_no_other() -> None:
    async def main() -> None:
        found: list[str] = []
        async with Worker(SPEC, BY_TURNS, troublesome) as worker, asyncio.TaskGroup() as group:
            ahead = asyncio.create_task(paced(worker, "ahead", Claim("own", Urgency.AHEAD), found))
            await asyncio.sleep(1.5)
            group.create_task(paced(worker, "other", Claim("other", Urgency.PREPARED), found))
            await asyncio.sleep(3.5)
            assert worker.begun == 2
            claim.set(Claim("own"))
            assert await items(worker, "name", "reply") == ["reply"]
            assert asyncio.get_running_loop().time() < 5.0 + 4
            with pytest.raises(CallSuperseded):
                await ahead

    virtual_clock.run(main())


def test_an_engine_that_dies_ends_all_that_it_had_begun() -> None:
    async def main() -> None:
        async with Worker(SPEC, BY_TURNS, troublesome) as worker:
            listening, dying = worker.stream("count", 50), worker.stream("leave")
            assert await anext(listening) == 0
            assert await anext(dying) == "before"
            with pytest.raises(WorkerDied):
                await anext(dying)
            with pytest.raises(WorkerDied):
                [item async for item in listening]
            assert await items(worker, "count", 2) == [0, 1]

    virtual_clock.run(main())


def test_only_the_job_that_the_engine_works_on_counts_against_its_deadline() -> None:
    async def main() -> None:
        options = WorkerOptions(mode="inline", jobs=2, deadline_s=60.0, deadlines_s={"paced": 1000.0})
        async with Worker(SPEC, options, troublesome) as worker:
            own = Claim("patient", Urgency.PREPARED)
            found: list[str] = []
            patient = asyncio.create_task(paced(worker, "patient", own, found))
            await asyncio.sleep(3.5)
            claim.set(Claim("other"))
            for _ in range(5):
                assert await items(worker, "pause", 50.0) == ["before", "after"]
            assert not patient.done()
            with pytest.raises(WorkerHung, match=r"60 s in pause\(\)"):
                await items(worker, "pause", 70.0)
            with pytest.raises(WorkerDied):
                await patient

    virtual_clock.run(main())


async def _next(stream: Any) -> Any:
    return await anext(stream)
