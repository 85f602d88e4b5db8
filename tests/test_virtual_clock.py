"""The clock that the tests of conversations rely on."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from assistant import virtual_clock
from assistant.errors import WorkerDied
from assistant.workers.worker import Worker
from models.types import EngineSpec, Message, ReplyOptions


def test_an_hour_passes_at_once_and_exactly() -> None:
    async def main() -> list[float]:
        now = asyncio.get_running_loop().time
        times = [now()]
        async with asyncio.TaskGroup() as group:
            for pause_s in (3600, 60, 0.5):
                group.create_task(asyncio.sleep(pause_s)).add_done_callback(lambda _: times.append(now()))
        return times

    assert virtual_clock.run(main()) == [0, 0.5, 60, 3600]


def test_what_runs_in_another_thread_elsewhere_runs_here_at_once() -> None:
    async def main() -> tuple[int, float]:
        result = await asyncio.to_thread(sum, [1, 2, 3])
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        return result, asyncio.get_running_loop().time()

    assert virtual_clock.run(main()) == (6, 0)


def test_a_deadlock_raises_instead_of_hanging() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(virtual_clock.Deadlock, match="every task waits"):
        virtual_clock.run(main())


def test_the_pause_before_a_dead_engine_is_started_again_passes_although_its_callers_wait() -> None:
    async def main() -> list[str]:
        async with Worker(EngineSpec("llm", "scripted", options={"replies": ["Here again."]})) as worker:
            os.kill(worker.pid or 0, signal.SIGKILL)
            stream = worker.stream("reply", [Message("user", "Hello?")], ReplyOptions())
            try:
                return [delta async for delta in stream]
            except WorkerDied:  # it had taken the job before its death was known
                return [delta async for delta in worker.stream("reply", [Message("user", "Hello?")], ReplyOptions())]

    assert "".join(virtual_clock.run(main())) == "Here again."
