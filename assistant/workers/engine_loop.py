"""The engine's side of a worker: one job at a time, step by step.

Orders come in, replies go out; how they travel is not known here: `worker_process` joins them to a pipe, `worker_hosts`
to a thread or to the event loop itself.
"""

from __future__ import annotations

import queue
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from models.errors import EngineFailed, ModelError
from models.types import EngineSpec, Pause

# Builds an engine. A worker's process imports it by name, so it is a function of a module, not a lambda.
Factory: TypeAlias = Callable[[EngineSpec], Any]


@dataclass(frozen=True, slots=True)
class Job:
    """Order: run a generator method of the engine and send what it yields, no more than `credit` items for now."""

    number: int
    method: str
    args: tuple[Any, ...]
    credit: int


@dataclass(frozen=True, slots=True)
class More:
    """Order: the reader took an item of this job; one more may be sent."""

    number: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Order: nobody wants this job any longer."""

    number: int


Order: TypeAlias = Job | More | Cancel


@dataclass(frozen=True, slots=True)
class Loaded:
    """Reply: the engine is built and warm; this took `load_s`."""

    load_s: float


@dataclass(frozen=True, slots=True)
class Item:
    """Reply: the engine yielded `value`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """Reply: the job came to its end, or was cancelled."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Reply: loading or the job raised an error; after a job the engine stays in use.

    Attributes:
        kind: the class of the error where it is a `ModelError`, else `EngineFailed`.
        message: what it said.
        trace: its traceback as text, because a traceback does not cross from one process to another.
    """

    kind: type[ModelError]
    message: str
    trace: str

    @classmethod
    def by(cls, error: Exception) -> Failed:
        trace = "".join(traceback.format_exception(error)).rstrip()
        if isinstance(error, ModelError):
            return cls(type(error), str(error), trace)
        return cls(EngineFailed, f"{type(error).__name__}: {error}", trace)

    def error(self) -> ModelError:
        """The error, to be raised where it is waited for."""
        error = self.kind(self.message)
        error.add_note(f"In the worker:\n{self.trace}")
        return error


Reply: TypeAlias = Loaded | Item | Done | Failed


class EngineLoop:
    """An engine and the job that it is busy with.

    The driver calls `load` once, then again and again: `take` for each order that has come, `step` unless `idle`.
    `MemoryError`, `SystemExit` and the like pass through: after them the engine cannot be trusted.
    """

    def __init__(self, factory: Factory, spec: EngineSpec) -> None:
        self._factory = factory
        self._spec = spec
        self._engine: Any = None
        self._job: Job | None = None
        self._items: Iterator[Any] | None = None  # made by the first step of the job, which may already take long
        self._credit = 0
        self._cancelled = False

    def load(self) -> Loaded | Failed:
        started = time.perf_counter()
        try:
            self._engine = self._factory(self._spec)
            self._engine.warm_up()
        except MemoryError:
            raise
        except Exception as error:  # the boundary of the engine: whatever it raises is reported to whoever waits for it
            return Failed.by(error)
        return Loaded(time.perf_counter() - started)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until another order comes."""
        return self._job is None or (self._credit == 0 and not self._cancelled)

    def take(self, order: Order) -> None:
        """Notes an order. A job comes only after the end of the one before; late orders about that one mean nothing."""
        if isinstance(order, Job):
            self._job, self._items, self._credit, self._cancelled = order, None, order.credit, False
        elif self._job is not None and order.number == self._job.number:
            self._cancelled = self._cancelled or isinstance(order, Cancel)
            self._credit += isinstance(order, More)

    def step(self) -> Item | Done | Failed | Pause:
        """Asks the engine for one item, which takes as long as it takes. A `Pause` is for the driver to wait."""
        assert self._job is not None, "step while idle"
        try:
            if self._cancelled:
                return self._drop()
            if self._items is None:
                self._items = iter(getattr(self._engine, self._job.method)(*self._job.args))
            item = next(self._items)
        except StopIteration:
            self._job = self._items = None
            return Done()
        except MemoryError:
            raise
        except Exception as error:  # the boundary of the engine, as in `load`
            self._job = self._items = None
            return Failed.by(error)
        if isinstance(item, Pause):
            return item
        self._credit -= 1
        return Item(item)

    def _drop(self) -> Done:
        items = self._items
        self._job = self._items = None
        if isinstance(items, Generator):  # other iterators have nothing to close
            items.close()
        return Done()


class Inbox:
    """Where a blocking driver finds its orders; any thread may add to it."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()

    def put(self, order: Order | None) -> None:
        """Adds an order; None asks the driver to return before its next step."""
        self._orders.put(order)

    def drain(self, loop: EngineLoop) -> bool:
        """Hands all orders to the loop, and waits for one while it is idle; False if the driver is to return."""
        while loop.idle or not self._orders.empty():
            order = self._orders.get()
            if order is None:
                return False
            loop.take(order)
        return True


def drive(loop: EngineLoop, inbox: Inbox, send: Callable[[Reply], None]) -> None:
    """Runs the engine in this thread until the inbox says that it is enough, or the engine cannot be loaded."""
    loaded = loop.load()
    send(loaded)
    while isinstance(loaded, Loaded) and inbox.drain(loop):
        reply = loop.step()
        if isinstance(reply, Pause):
            time.sleep(reply.duration_s)
        else:
            send(reply)
