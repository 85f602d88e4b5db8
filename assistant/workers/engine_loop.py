"""The engine's side of a worker: its jobs, step by step, of which one goes on at a time.

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


# Where the number of a job stands; those begin with 1.
LOADING = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Order: run a generator method of the engine and send what it yields, no more than `credit` items for now."""

    number: int
    method: str
    args: tuple[Any, ...]
    credit: int


@dataclass(frozen=True, slots=True)
class More:
    """Order: so many more items of this job may be sent, perhaps none; and it goes on before all others."""

    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Order: nobody wants this job any longer."""

    number: int


Order: TypeAlias = Job | More | Cancel


@dataclass(frozen=True, slots=True)
class Loaded:
    """Reply: the engine is built and warm; this took `load_s`.

    Attributes:
        by_turns: it can go on with several jobs by turns.
    """

    load_s: float
    by_turns: bool


@dataclass(frozen=True, slots=True)
class Item:
    """Reply: the engine yielded `value` in a job."""

    number: int
    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """Reply: the job came to its end, or was cancelled."""

    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Reply: loading or the job raised an error; after a job the engine stays in use.

    Attributes:
        number: of the job; `LOADING` if there was none yet.
        kind: the class of the error where it is a `ModelError`, else `EngineFailed`.
        message: what it said.
        trace: its traceback as text, because a traceback does not cross from one process to another.
    """

    number: int
    kind: type[ModelError]
    message: str
    trace: str

    @classmethod
    def by(cls, error: Exception, number: int) -> Failed:
        trace = "".join(traceback.format_exception(error)).rstrip()
        if isinstance(error, ModelError):
            return cls(number, type(error), str(error), trace)
        return cls(number, EngineFailed, f"{type(error).__name__}: {error}", trace)

    def error(self) -> ModelError:
        """The error, to be raised where it is waited for."""
        error = self.kind(self.message)
        error.add_note(f"In the worker:\n{self.trace}")
        return error


Reply: TypeAlias = Loaded | Item | Done | Failed


@dataclass(slots=True)
class _Begun:
    """A job that has not come to its end.

    Attributes:
        items: made by the first step of the job, which may already take long.
    """

    job: Job
    credit: int
    items: Iterator[Any] | None = None
    cancelled: bool = False


class EngineLoop:
    """An engine and the jobs that it has begun.

    The driver calls `load` once, then again and again: `take` for each order that has come, `step` unless `idle`.
    `MemoryError`, `SystemExit` and the like pass through: after them the engine cannot be trusted.
    """

    def __init__(self, factory: Factory, spec: EngineSpec) -> None:
        self._factory = factory
        self._spec = spec
        self._engine: Any = None
        self._begun: dict[int, _Begun] = {}  # by number; the one that goes first is the last

    def load(self) -> Loaded | Failed:
        started = time.perf_counter()
        try:
            self._engine = self._factory(self._spec)
            self._engine.warm_up()
        except MemoryError:
            raise
        except Exception as error:  # the boundary of the engine: whatever it raises is reported to whoever waits for it
            return Failed.by(error, LOADING)
        return Loaded(time.perf_counter() - started, bool(getattr(self._engine, "by_turns", False)))

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until another order comes."""
        return not any(begun.credit or begun.cancelled for begun in self._begun.values())

    def take(self, order: Order) -> None:
        """Notes an order. Late ones, about a job that has come to its end, mean nothing."""
        if isinstance(order, Job):
            self._begun[order.number] = _Begun(order, order.credit)
        elif begun := self._begun.get(order.number):
            if isinstance(order, Cancel):
                begun.cancelled = True
            else:
                begun.credit += order.count
                self._begun[order.number] = self._begun.pop(order.number)

    def step(self) -> Item | Done | Failed | Pause:
        """Asks the engine for one item, which takes as long as it takes. A `Pause` is for the driver to wait."""
        begun = self._first()
        number = begun.job.number
        try:
            if begun.cancelled:
                return self._drop(begun)
            if begun.items is None:
                begun.items = iter(getattr(self._engine, begun.job.method)(*begun.job.args))
            item = next(begun.items)
        except StopIteration:
            del self._begun[number]
            return Done(number)
        except MemoryError:
            raise
        except Exception as error:  # the boundary of the engine, as in `load`
            del self._begun[number]
            return Failed.by(error, number)
        if isinstance(item, Pause):
            return item
        begun.credit -= 1
        return Item(number, item)

    def _first(self) -> _Begun:
        """What nobody wants is ended first: that is quickly done, and somebody may wait for it."""
        able = [begun for begun in self._begun.values() if begun.credit or begun.cancelled]
        assert able, "step while idle"
        return next((begun for begun in able if begun.cancelled), able[-1])

    def _drop(self, begun: _Begun) -> Done:
        del self._begun[begun.job.number]
        if isinstance(begun.items, Generator):  # other iterators have nothing to close
            begun.items.close()
        return Done(begun.job.number)


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
