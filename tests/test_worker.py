"""The worker in all its modes, and on its bad days: whatever happens to an engine, the next call works."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import worker_engines
from worker_engines import troublesome

from assistant import virtual_clock
from assistant.errors import WorkerBusy, WorkerClosed, WorkerDied, WorkerHung
from assistant.workers.worker import Worker, WorkerMode, WorkerOptions
from models.errors import EngineFailed, ModelError, WeightsInvalid
from models.types import Audio, EngineSpec, SpeakOptions

SPEC = EngineSpec("llm", "troublesome")
MODES: tuple[WorkerMode, ...] = ("process", "thread", "inline")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> WorkerMode:
    return request.param


@pytest.fixture
async def worker(mode: WorkerMode) -> AsyncIterator[Worker]:
    async with Worker(SPEC, WorkerOptions(mode=mode), troublesome) as worker:
        yield worker


@pytest.fixture(autouse=True)
def _release() -> Iterator[None]:
    """Lets threads that hang go when the test is over."""
    worker_engines.released.clear()
    yield
    worker_engines.released.set()


async def items(worker: Worker, method: str, *args: Any) -> list[Any]:
    return [item async for item in worker.stream(method, *args)]


async def until(condition: Any) -> None:
    """Waits for what other tasks, threads or processes are about to do."""
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110  files and processes set no events
            await asyncio.sleep(0.005)


async def test_a_stream_brings_what_the_engine_yields_in_order(worker: Worker) -> None:
    assert await items(worker, "count", 100) == list(range(100))
    assert await items(worker, "count", 0) == []


async def test_a_pause_is_waited_for_and_not_passed_on(worker: Worker) -> None:
    assert await items(worker, "pause", 0.01) == ["before", "after"]


async def test_sound_crosses_unchanged(worker: Worker) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 2_000_000).astype(np.float32)
    (heard,) = await items(worker, "echo", Audio(samples, 16_000))
    assert heard.sample_rate_hz == 16_000
    assert np.array_equal(heard.samples, samples)


async def test_nothing_happens_before_the_first_item_is_asked_for(mode: WorkerMode, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    spec = EngineSpec("llm", "troublesome", options={"diary": str(diary)})
    async with Worker(spec, WorkerOptions(mode=mode), troublesome) as worker:
        stream = worker.stream("name", "early")
        assert await items(worker, "name", "late") == ["late"]
        assert [item async for item in stream] == ["early"]
    assert diary.read_text().split() == ["warm", "late", "early"]


async def test_an_error_of_a_stage_arrives_as_itself_and_the_engine_stays_in_use(worker: Worker) -> None:
    with pytest.raises(WeightsInvalid, match="half of it is missing") as caught:
        await items(worker, "fail", WeightsInvalid("half of it is missing"))
    assert str(caught.value) == "half of it is missing"
    assert "worker_engines.py" in caught.value.__notes__[0]
    assert await items(worker, "count", 2) == [0, 1]
    assert worker.restarts == 0


async def test_any_other_exception_arrives_with_its_name_and_the_engine_stays_in_use(worker: Worker) -> None:
    with pytest.raises(EngineFailed, match="KeyError: 'tokens'"):
        await items(worker, "fail", KeyError("tokens"))
    with pytest.raises(EngineFailed, match="no attribute 'sing'"):
        await items(worker, "sing")
    assert await items(worker, "count", 2) == [0, 1]
    assert worker.restarts == 0


async def test_what_came_before_an_error_is_not_lost(worker: Worker) -> None:
    stream = worker.stream("fail", ModelError("in the middle"))
    assert await anext(stream) == "before"
    with pytest.raises(ModelError, match="in the middle"):
        await anext(stream)


async def test_a_closed_stream_stops_the_engine_and_the_next_gets_nothing_of_it(worker: Worker) -> None:
    async with aclosing(worker.stream("count", 1_000_000_000)) as stream:
        assert [await anext(stream) for _ in range(10)] == list(range(10))
    assert await items(worker, "name", "next") == ["next"]
    assert await items(worker, "closed") == [1]
    assert worker.restarts == 0


async def test_a_cancelled_reader_stops_the_engine(worker: Worker) -> None:
    reading = asyncio.create_task(items(worker, "count", 1_000_000_000))
    await until(lambda: worker.busy)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await items(worker, "name", "next") == ["next"]


async def test_the_engine_is_never_further_ahead_than_its_credit(mode: WorkerMode, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    spec = EngineSpec("llm", "troublesome", options={"diary": str(diary)})
    async with Worker(spec, WorkerOptions(mode=mode, credit=3), troublesome) as worker:
        async with aclosing(worker.stream("count", 1000)) as stream:
            for taken in range(1, 6):
                await anext(stream)
                last = f"count {taken + 2}\n"
                await until(lambda last=last: last in diary.read_text())
        # What it would have written past its credit is in the diary before the next job is.
        assert await items(worker, "name", "next") == ["next"]
    assert diary.read_text().splitlines()[1:] == [f"count {number}" for number in range(8)] + ["next"]


async def test_first_come_first_served(worker: Worker) -> None:
    served: list[str] = []

    async def session(name: str) -> None:
        for turn in range(3):
            served.extend(await items(worker, "name", f"{name}{turn}"))

    await asyncio.gather(session("a"), session("b"))
    assert served == ["a0", "b0", "a1", "b1", "a2", "b2"]


async def test_a_stream_that_is_cancelled_in_line_leaves_it(mode: WorkerMode, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    spec = EngineSpec("llm", "troublesome", options={"diary": str(diary)})
    async with Worker(spec, WorkerOptions(mode=mode), troublesome) as worker:
        async with aclosing(worker.stream("count", 1000)) as first:
            await anext(first)
            second, third = (asyncio.create_task(items(worker, "name", name)) for name in ("second", "third"))
            await until(lambda: worker.waiting == 2)
            second.cancel()
            await until(lambda: worker.waiting == 1)
        assert await third == ["third"]
    assert "second" not in diary.read_text()


async def test_too_many_in_line_are_told_so(mode: WorkerMode) -> None:
    async with Worker(SPEC, WorkerOptions(mode=mode, waiting_limit=1), troublesome) as worker:
        async with aclosing(worker.stream("count", 1000)) as first:
            await anext(first)
            second = asyncio.create_task(items(worker, "name", "second"))
            await until(lambda: worker.waiting == 1)
            with pytest.raises(WorkerBusy, match='1 are waiting for the llm engine "troublesome"'):
                await items(worker, "name", "third")
        assert await second == ["second"]


async def test_closing_ends_open_streams_and_those_in_line(mode: WorkerMode) -> None:
    worker = Worker(SPEC, WorkerOptions(mode=mode), troublesome)
    with pytest.raises(WorkerClosed):
        await items(worker, "count", 1)
    await worker.start()
    first = worker.stream("count", 1_000_000_000)
    await anext(first)
    second = asyncio.create_task(items(worker, "name", "second"))
    await until(lambda: worker.waiting == 1)
    await worker.close()
    await worker.close()
    with pytest.raises(WorkerClosed):
        [item async for item in first]
    with pytest.raises(WorkerClosed):
        await second
    with pytest.raises(WorkerClosed):
        await items(worker, "count", 1)


@pytest.mark.parametrize("method", ["run_out_of_memory", "leave"])
async def test_an_engine_that_dies_is_replaced_and_the_next_call_works(worker: Worker, method: str) -> None:
    stream = worker.stream(method)
    assert await anext(stream) == "before"
    with pytest.raises(WorkerDied, match='the llm engine "troublesome" has died'):
        await anext(stream)
    assert await items(worker, "count", 2) == [0, 1]
    assert worker.restarts == 1


async def test_those_in_line_do_not_notice_that_the_engine_died(worker: Worker) -> None:
    dying, waiting = (asyncio.create_task(items(worker, *call)) for call in (("leave",), ("name", "next")))
    with pytest.raises(WorkerDied):
        await dying
    assert await waiting == ["next"]


async def test_an_engine_that_cannot_be_built_says_why(mode: WorkerMode, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    spec = EngineSpec("llm", "troublesome", options={"broken": str(broken)})
    worker = Worker(spec, WorkerOptions(mode=mode), troublesome)
    with pytest.raises(WeightsInvalid, match="the weights are gone"):
        await worker.start()
    with pytest.raises(EngineFailed, match="ZeroDivisionError: nobody thought of this"):
        await Worker(spec, WorkerOptions(mode=mode), worker_engines.unexpected).start()
    broken.unlink()
    async with worker:
        assert await items(worker, "count", 2) == [0, 1]


async def test_an_engine_that_cannot_be_built_again_tells_each_caller_once(mode: WorkerMode, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    spec = EngineSpec("llm", "troublesome", options={"broken": str(broken)})
    async with Worker(spec, WorkerOptions(mode=mode, restart_pause_s=0.001), troublesome) as worker:
        broken.touch()
        with pytest.raises(WorkerDied):
            await items(worker, "leave")
        for _ in range(3):
            with pytest.raises(WeightsInvalid, match="the weights are gone"):
                await items(worker, "count", 2)
        broken.unlink()
        assert await items(worker, "count", 2) == [0, 1]
        assert worker.restarts == 1


async def test_a_thread_that_hangs_is_left_behind_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.workers.worker_hosts.GRACE_S", 0.01)
    options = WorkerOptions(mode="thread", deadlines_s={"hang": 0.05})
    async with Worker(SPEC, options, troublesome) as worker:
        with pytest.raises(WorkerHung, match=r"no sign of life for 0.05 s in hang\(\)"):
            await items(worker, "hang")
        assert await items(worker, "count", 2) == [0, 1]
        assert worker.restarts == 1


@pytest.mark.parametrize("credit", [1, 4])
def test_only_the_time_that_the_engine_takes_counts_against_its_deadline(credit: int) -> None:
    async def main() -> list[Any]:
        async with Worker(SPEC, WorkerOptions(mode="inline", deadline_s=60, credit=credit), troublesome) as worker:
            taken = []
            async for item in worker.stream("count", 10):
                taken.append(item)
                await asyncio.sleep(3600)
            assert await items(worker, "pause", 59) == ["before", "after"]
            with pytest.raises(WorkerHung, match=r"no sign of life for 60 s in pause\(\)"):
                await items(worker, "pause", 61)
            return taken

    assert virtual_clock.run(main()) == list(range(10))


def test_restarts_come_more_and_more_slowly_until_a_job_goes_well() -> None:
    worker_engines.built_at_s.clear()

    async def main() -> None:
        async with Worker(SPEC, WorkerOptions(mode="inline"), worker_engines.recorded) as worker:
            for method in ("leave",) * 9 + ("closed", "leave", "closed"):
                try:
                    await items(worker, method)
                except WorkerDied:
                    assert method == "leave"

    virtual_clock.run(main())
    built = worker_engines.built_at_s
    pauses = [after - before for before, after in itertools.pairwise(built)]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 0.1])


async def test_the_registry_is_where_engines_come_from(mode: WorkerMode) -> None:
    async with Worker(EngineSpec("tts", "scripted"), WorkerOptions(mode=mode)) as worker:
        chunks = await items(worker, "speak", "one two", SpeakOptions())
    assert [chunk.duration_s for chunk in chunks] == [0.1] * 4
    assert worker.load_s > 0
