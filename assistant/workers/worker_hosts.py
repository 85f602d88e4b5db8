"""Where an engine loop can live: in a process, in a thread, in the event loop. All three take orders and bring replies.

A host rings whenever a reply has come. The replies wait in the host, and no more of them than the credit of the job.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias

from assistant.errors import WorkerDied
from assistant.workers.engine_loop import EngineLoop, Factory, Inbox, Loaded, Order, Reply, drive
from models.types import EngineSpec, Pause

_log = logging.getLogger(__name__)

Ring: TypeAlias = Callable[[], None]

# How long an engine that is to go may take for its present step or for its own exit. A process is then killed and a
# thread left behind, so this only bounds how long `close` takes; a step of speech or text takes well under a second.
GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Gone:
    """Takes the place of all further replies: the engine has ended.

    Attributes:
        reason: how, as the end of a sentence: "it was ended by SIGKILL".
        last_words: the end of what it wrote to standard error.
    """

    reason: str
    last_words: str = ""

    def error(self, name: str) -> WorkerDied:
        """To be raised where a reply of the engine of that name is waited for."""
        error = WorkerDied(f"{name} has died: {self.reason}")
        if self.last_words:
            error.add_note(f"Its last words:\n{self.last_words}")
        return error


class Host(Protocol):
    """One engine loop somewhere else. The first reply tells how loading went.

    Attributes:
        replies: what the worker has not taken yet, the oldest first.
    """

    replies: deque[Reply | Gone]

    @classmethod
    async def open(cls, spec: EngineSpec, factory: Factory, ring: Ring) -> Self:
        """Begins to load the engine.

        Raises:
            OSError: there are no processes or threads left.
        """

    @property
    def pid(self) -> int | None:
        """The process, where the engine has one of its own."""

    def send(self, order: Order) -> None:
        """Never waits; an order to an engine that is gone is lost."""

    async def close(self) -> None:
        """Ends the engine."""


class ThreadHost:
    """An engine in a thread: for debugging. It cannot be killed; one that hangs is left behind and keeps its memory."""

    pid = None

    def __init__(self, engine: EngineLoop, ring: Ring) -> None:
        self.replies: deque[Reply | Gone] = deque()
        self._engine = engine
        self._ring = ring
        self._inbox = Inbox()
        self._gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, spec: EngineSpec, factory: Factory, ring: Ring) -> Self:
        host = cls(EngineLoop(factory, spec), ring)
        threading.Thread(target=host._run, name="engine", daemon=True).start()
        return host

    def send(self, order: Order) -> None:
        self._inbox.put(order)

    async def close(self) -> None:
        self._inbox.put(None)
        try:
            async with asyncio.timeout(GRACE_S):
                await self._gone.wait()
        except TimeoutError:
            _log.warning("a thread is left behind: its engine does not come back")

    def _run(self) -> None:
        reason = "its thread has ended"
        try:
            drive(self._engine, self._inbox, self._pass_on)
        except BaseException as error:  # the boundary of the thread: whatever ended it is reported
            reason = _ended_by(error)
        self._pass_on(Gone(reason))

    def _pass_on(self, reply: Reply | Gone) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody is left to hear it
            self._loop.call_soon_threadsafe(self._deliver, reply)

    def _deliver(self, reply: Reply | Gone) -> None:
        self.replies.append(reply)
        if isinstance(reply, Gone):
            self._gone.set()
        self._ring()


class InlineHost:
    """An engine in the event loop itself: for scripted engines, whose pauses then pass on the loop's clock."""

    pid = None

    def __init__(self, engine: EngineLoop, ring: Ring) -> None:
        self.replies: deque[Reply | Gone] = deque()
        self._engine = engine
        self._ring = ring
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._running = asyncio.create_task(self._run(), name="engine")

    @classmethod
    async def open(cls, spec: EngineSpec, factory: Factory, ring: Ring) -> Self:
        return cls(EngineLoop(factory, spec), ring)

    def send(self, order: Order) -> None:
        self._orders.put_nowait(order)

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.wait({self._running})

    async def _run(self) -> None:
        try:
            await self._drive()
        except (MemoryError, SystemExit) as error:
            self._deliver(Gone(_ended_by(error)))

    async def _drive(self) -> None:
        """As `engine_loop.drive`, with waiting that lets other tasks run."""
        loaded = self._engine.load()
        self._deliver(loaded)
        while isinstance(loaded, Loaded):
            while self._engine.idle or not self._orders.empty():
                self._engine.take(await self._orders.get())
            reply = self._engine.step()
            if isinstance(reply, Pause):
                await asyncio.sleep(reply.duration_s)
            else:
                self._deliver(reply)
                await asyncio.sleep(0)

    def _deliver(self, reply: Reply | Gone) -> None:
        self.replies.append(reply)
        self._ring()


def _ended_by(error: BaseException) -> str:
    return f"it was ended by {type(error).__name__}: {error}".rstrip(": ")
