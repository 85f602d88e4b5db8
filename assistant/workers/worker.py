"""An engine as async streams: the only bridge between asyncio and blocking code."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self

from assistant.errors import WorkerClosed, WorkerDied, WorkerHung
from assistant.virtual_clock import passing, standing_still
from assistant.workers.claim import current
from assistant.workers.engine_loop import Factory, Failed, Item, Loaded, Reply
from assistant.workers.line import Line
from assistant.workers.process_host import ProcessHost
from assistant.workers.serving import Serving
from assistant.workers.worker_call import Call
from assistant.workers.worker_hosts import Gone, Host, InlineHost, ThreadHost
from assistant.workers.worker_options import WorkerMode, WorkerOptions
from assistant.workers.worker_times import WorkerTimes
from models.errors import ModelError
from models.registry import create
from models.types import EngineSpec

__all__ = ["Worker", "WorkerMode", "WorkerOptions"]

_log = logging.getLogger(__name__)

_HOSTS: Mapping[WorkerMode, type[Host]] = MappingProxyType(
    {"process": ProcessHost, "thread": ThreadHost, "inline": InlineHost}
)
_DEFAULTS = WorkerOptions()


class Worker:
    """Owns one engine, and serves streams from it: one at a time, in the order of its `Line`; where the engine can
    do that, several by turns (see `Serving`).

    An engine that dies, or misses a deadline, ends the streams that it has begun with `WorkerDied` and is loaded again;
    streams in line wait for that. If it cannot be loaded again, the first in line is told why, and it is tried again
    for the next.

    Attributes:
        restarts: how often the engine was loaded again.
        load_s: how long the engine took to load, the last time.
        times: how long it worked, by method.
    """

    def __init__(self, spec: EngineSpec, options: WorkerOptions = _DEFAULTS, factory: Factory = create) -> None:
        """
        Args:
            spec: the engine.
            options: see there.
            factory: builds the engine; a function that another process can import by its name.
        """
        self.restarts = 0
        self.load_s = 0.0
        self.times = WorkerTimes()
        self._name = f'the {spec.stage} engine "{spec.engine}"'
        self._spec = spec
        self._options = options
        self._factory = factory
        self._numbers = itertools.count(1)
        self._line = Line(self._name, options.waiting_limit)
        self._serving: Serving | None = None
        self._host: Host | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._jobs = 1
        self._bell = asyncio.Event()
        self._pause_s = options.restart_pause_s

    @property
    def pid(self) -> int | None:
        """The engine's process; None in the other modes and while there is none."""
        return self._host.pid if self._host else None

    @property
    def waiting(self) -> int:
        """Streams in line."""
        return len(self._line)

    @property
    def busy(self) -> bool:
        """Whether the engine has a job, perhaps one that nobody wants any longer."""
        return self.begun > 0

    @property
    def begun(self) -> int:
        """Streams that the engine works on, by turns."""
        return self._serving.begun if self._serving else 0

    async def start(self) -> None:
        """Loads the engine and warms it up.

        Raises:
            ModelError: of the engine's constructor, as it was raised there.
            WorkerHung: it is not ready before the deadline.
            WorkerDied: its process ended.
        """
        if self._supervisor is not None:
            raise RuntimeError(f"{self._name} has been started before")
        host = await self._load()
        self._supervisor = asyncio.create_task(self._supervise(host), name=f"supervisor of {self._name}")

    def stream(self, method: str, *args: Any) -> AsyncGenerator[Any, None]:
        """What the engine's generator method yields, as it comes. Nothing happens before the first item is asked for.

        It waits in line with the `claim` of the task that asks for that item. Closing it (or cancelling the task that
        reads it) returns at once; the engine stops at its next item, and the next stream waits for that.

        Raises:
            ModelError: as the engine raised it; what else it raises arrives as `EngineFailed`. It stays in use.
            WorkerDied: the engine ended, or missed its deadline (`WorkerHung`).
            WorkerBusy: too many are waiting in line.
            CallSuperseded: it was to be made ahead of a call of the same party that has come meanwhile.
            WorkerClosed: the worker was not started or is closed, perhaps in the middle of the stream.
        """
        return self._stream(method, lambda: args)

    async def stream_newest(self, method: str, args: Callable[[], tuple[Any, ...]]) -> AsyncGenerator[Any, None]:
        """The same, put off while only others are waited for (see `Rush`), with arguments that are asked for when it is
        served; `args` must not block, and not fail.
        """
        await self._options.rush.pass_by(current())
        async with aclosing(self._stream(method, args)) as items:
            async for item in items:
                yield item

    async def _stream(self, method: str, args: Callable[[], tuple[Any, ...]]) -> AsyncGenerator[Any, None]:
        call = self._join(method, args)
        try:
            while True:
                with self._standing_still():
                    outcome = await call.outcomes.get()
                if isinstance(outcome, Exception):
                    raise outcome
                if not isinstance(outcome, Item):
                    return
                if self._serving:
                    self._serving.taken(call)
                yield outcome.value
        finally:
            self._leave(call)

    async def close(self) -> None:
        """Ends the engine, whatever it is doing; streams that are open get `WorkerClosed`. May be called again."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
            if not self._supervisor.cancelled():
                self._supervisor.result()  # raises what it broke on: a defect that must not go unseen

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _join(self, method: str, args: Callable[[], tuple[Any, ...]]) -> Call:
        if self._supervisor is None or self._supervisor.done():
            raise WorkerClosed(f"{self._name} is not running: it was not started, or has been closed")
        deadline_s = self._options.deadlines_s.get(method, self._options.deadline_s)
        call = Call(next(self._numbers), current(), method, args, self._options.credit, deadline_s)
        self._line.join(call)
        self._options.rush.join(call)
        self._bell.set()
        return call

    def _leave(self, call: Call) -> None:
        self._options.rush.leave(call)
        if call in self._line:
            self._line.leave(call)
        elif self._serving:
            self._serving.leave(call)

    async def _load(self) -> Host:
        reply: Reply | None = None
        try:
            async with asyncio.timeout(self._options.start_deadline_s):
                with self._standing_still():
                    self._host = host = await _HOSTS[self._options.mode].open(self._spec, self._factory, self._bell.set)
                    reply = await self._reply(host)
        except TimeoutError:
            late = f"{self._name} was not ready after {self._options.start_deadline_s:g} s and has been ended"
            raise WorkerHung(late) from None
        except OSError as error:
            raise WorkerDied(f"{self._name} could not be started: {error}") from error
        finally:
            if not isinstance(reply, Loaded):
                await self._end_host()
        if isinstance(reply, Failed):
            raise reply.error()
        assert isinstance(reply, Loaded)
        self.load_s = reply.load_s
        self._jobs = self._options.jobs if reply.by_turns else 1
        return host

    async def _supervise(self, host: Host) -> None:
        try:
            while True:
                try:
                    await self._serve(host)
                except WorkerDied:
                    await self._end_host()
                    host = await self._load_again()
        finally:
            await self._end_host()
            while self._line:
                self._line.next().outcomes.put_nowait(WorkerClosed(f"{self._name} has been closed"))

    async def _serve(self, host: Host) -> None:
        """Until the engine dies, which is raised, or the worker is closed."""
        serving = self._serving = Serving(self._name, self._line, replace(self._options, jobs=self._jobs), self.times)
        error: Exception = WorkerClosed(f"{self._name} has been closed")
        try:
            await serving.run(host, self._bell)
        except WorkerDied as death:
            error = death
            raise
        finally:
            self._serving = None
            serving.end(error)
            if serving.ended_calls:
                self._pause_s = self._options.restart_pause_s

    async def _load_again(self) -> Host:
        while True:
            with passing():
                await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, self._options.longest_restart_pause_s)
            try:
                host = await self._load()
            except (ModelError, WorkerDied) as error:
                _log.warning("%s could not be started again: %s", self._name, error)
                if self._line:
                    self._line.next().outcomes.put_nowait(error)
                await self._until(lambda: bool(self._line))  # nobody asks for it: no need to try for ever
            else:
                self.restarts += 1
                return host

    async def _reply(self, host: Host) -> Reply:
        await self._until(lambda: bool(host.replies))
        reply = host.replies.popleft()
        if not isinstance(reply, Gone):
            return reply
        raise reply.error(self._name)

    async def _until(self, ready: Callable[[], bool]) -> None:
        """Waits for something that rings the bell: a host for its replies, a stream when it joins the line."""
        while not ready():
            self._bell.clear()
            await self._bell.wait()

    def _standing_still(self) -> AbstractContextManager[None]:
        """An engine in the event loop itself keeps to the loop's clock, whatever that is."""
        return nullcontext() if self._options.mode == "inline" else standing_still()

    async def _end_host(self) -> None:
        if self._host is not None:
            host, self._host = self._host, None
            with self._standing_still():
                await host.close()
