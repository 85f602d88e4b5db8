"""What only an engine in a process of its own must withstand: signals, noise, a dead parent."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest
import worker_engines
from test_worker import SPEC, items, until
from worker_engines import troublesome

from assistant.errors import WorkerDied, WorkerHung
from assistant.workers.worker import Worker, WorkerOptions

TESTS = Path(__file__).parent


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    async with Worker(SPEC, WorkerOptions(), troublesome) as worker:
        yield worker


def kill(worker: Worker) -> int:
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def test_killed_in_the_middle_of_a_stream(worker: Worker) -> None:
    stream = worker.stream("count", 1_000_000_000)
    await anext(stream)
    pid = kill(worker)
    with pytest.raises(WorkerDied, match="ended by SIGKILL"):
        [item async for item in stream]
    assert await items(worker, "count", 2) == [0, 1]
    assert worker.restarts == 1
    assert worker.pid != pid


async def test_killed_while_nobody_wants_anything(worker: Worker) -> None:
    pid = kill(worker)
    await until(lambda: worker.restarts == 1)
    assert worker.pid != pid
    assert await items(worker, "count", 2) == [0, 1]


async def test_a_process_that_hangs_is_killed() -> None:
    async with Worker(SPEC, WorkerOptions(deadlines_s={"hang": 0.2}), troublesome) as worker:
        pid = worker.pid
        with pytest.raises(WorkerHung, match=r"no sign of life for 0.2 s in hang\(\)"):
            await items(worker, "hang")
        assert await items(worker, "count", 2) == [0, 1]
        assert pid is not None
        assert not psutil.pid_exists(pid)


async def test_a_cancelled_job_that_hangs_costs_the_next_caller_nothing_but_time() -> None:
    options = WorkerOptions(deadlines_s={"hang_when_closed": 0.2})
    async with Worker(SPEC, options, troublesome) as worker:
        async with aclosing(worker.stream("hang_when_closed")) as stream:
            await anext(stream)
        assert await items(worker, "count", 2) == [0, 1]
        assert worker.restarts == 1


async def test_an_engine_that_is_not_ready_in_time_is_given_up() -> None:
    before = psutil.Process().children()
    worker = Worker(SPEC, WorkerOptions(start_deadline_s=0.5), worker_engines.never_ready)
    with pytest.raises(WorkerHung, match=r"was not ready after 0\.5 s"):
        await worker.start()
    assert psutil.Process().children() == before


async def test_a_process_that_dies_while_it_starts() -> None:
    with pytest.raises(WorkerDied, match="it exited with 7"):
        await Worker(SPEC, WorkerOptions(), worker_engines.dies_at_once).start()


async def test_the_last_words_of_a_process_are_kept(worker: Worker) -> None:
    with pytest.raises(WorkerDied, match="it exited with 1") as caught:
        await items(worker, "run_out_of_memory")
    assert "MemoryError: no more of it" in caught.value.__notes__[0]


async def test_what_libraries_print_goes_to_the_log_alone(
    worker: Worker, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "assistant.workers.process_host"):
        assert await items(worker, "chatter") == ["said nothing"]
        await until(lambda: "printed by Python" in caplog.text and "written by a C library" in caplog.text)
    assert capfd.readouterr() == ("", "")


async def test_ctrl_c_is_left_to_the_parent(worker: Worker) -> None:
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    assert await items(worker, "count", 2) == [0, 1]
    assert worker.pid == pid


async def test_idle_threads_sleep_instead_of_spinning(worker: Worker) -> None:
    assert await items(worker, "environment", "OMP_WAIT_POLICY") == ["PASSIVE"]


PARENT = """
import asyncio
from assistant.workers.worker import Worker
from models.types import EngineSpec
from worker_engines import endless_step

async def main():
    async with Worker(EngineSpec("llm", "endless"), factory=endless_step) as worker:
        async for pid in worker.stream("work"):
            print(pid, flush=True)

asyncio.run(main())
"""


async def test_no_process_outlives_its_parent(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE, env=environment, cwd=tmp_path
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


async def test_nothing_leaks_over_20_processes() -> None:
    me = psutil.Process()

    def held() -> tuple[int, int, int, int]:
        return len(me.children(recursive=True)), me.num_fds(), threading.active_count(), len(asyncio.all_tasks())

    async def cycle() -> None:
        async with Worker(SPEC, WorkerOptions(restart_pause_s=0.001), troublesome) as worker:
            async with aclosing(worker.stream("count", 1_000_000_000)) as stream:
                await anext(stream)
            stream = worker.stream("count", 1_000_000_000)
            await anext(stream)
            kill(worker)
            with pytest.raises(WorkerDied):
                [item async for item in stream]
            assert await items(worker, "count", 2) == [0, 1]

    await cycle()  # what is made once, such as asyncio's own, is there now
    before = held()
    for _ in range(10):  # of two processes each
        await cycle()
    await until(lambda: all(now <= at_first for now, at_first in zip(held(), before, strict=True)))
