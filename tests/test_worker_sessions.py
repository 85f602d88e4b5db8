"""Many conversations share a worker and do as they please: each gets all of its own and nothing of anybody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_worker import SPEC, items
from worker_engines import troublesome

from assistant import virtual_clock
from assistant.errors import WorkerDied
from assistant.workers.claim import Claim, Urgency, claim
from assistant.workers.worker import Worker, WorkerOptions
from models.errors import ModelError
from models.types import EngineSpec

# What a session does next, and how far or how long: of 20 items with a credit of 2, all the interesting places are met.
ACTIONS = st.tuples(st.sampled_from(["read", "close", "cancel", "fail", "die", "think"]), st.integers(0, 20))


async def act(worker: Worker, action: str, amount: int) -> None:
    match action:
        case "read":
            assert await items(worker, "count", amount) == list(range(amount))
        case "close":
            async with aclosing(worker.stream("count", 20)) as stream:
                for expected in range(min(amount, 19) + 1):
                    assert await anext(stream) == expected
        case "cancel":
            reading = asyncio.create_task(items(worker, "pause", 10.0))
            await asyncio.wait({reading}, timeout=amount)
            reading.cancel()
            await asyncio.wait({reading})
            assert reading.cancelled() or reading.result() == ["before", "after"]
        case "fail":
            stream = worker.stream("fail", ModelError("as it was asked to"))
            assert await anext(stream) == "before"
            with pytest.raises(ModelError, match="as it was asked to"):
                await anext(stream)
        case "die":
            stream = worker.stream("leave")
            assert await anext(stream) == "before"
            with pytest.raises(WorkerDied):
                await anext(stream)
        case "think":
            await asyncio.sleep(amount)


async def hold(worker: Worker, actions: Sequence[tuple[str, int, Urgency]]) -> None:
    """One session, in a task of its own."""
    for action, amount, urgency in actions:
        claim.set(Claim(asyncio.current_task(), urgency))
        await act(worker, action, amount)


async def hold_all(
    spec: EngineSpec, options: WorkerOptions, sessions: Sequence[Sequence[tuple[str, int, Urgency]]]
) -> None:
    async with Worker(spec, options, troublesome) as worker:
        async with asyncio.TaskGroup() as group:
            for actions in sessions:
                group.create_task(hold(worker, actions))
        assert worker.waiting == 0
        assert await items(worker, "count", 2) == [0, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ACTIONS, max_size=6), min_size=1, max_size=5))
def test_whatever_the_sessions_do_each_gets_its_own(sessions: list[list[tuple[str, int]]]) -> None:
    awaited = [[(*action, Urgency.AWAITED) for action in actions] for actions in sessions]
    virtual_clock.run(hold_all(SPEC, WorkerOptions(mode="inline", credit=2), awaited))


# An engine that dies takes all that it has begun with it, so nobody makes it die here.
LIVELY = st.tuples(
    st.sampled_from(["read", "close", "cancel", "fail", "think"]), st.integers(0, 20), st.sampled_from(Urgency)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(LIVELY, max_size=6), min_size=1, max_size=5))
def test_each_gets_its_own_where_several_are_served_by_turns(sessions: list[list[tuple[str, int, Urgency]]]) -> None:
    spec = EngineSpec("llm", "troublesome", options={"by_turns": True})
    virtual_clock.run(hold_all(spec, WorkerOptions(mode="inline", credit=2, jobs=3, reserve=5), sessions))
