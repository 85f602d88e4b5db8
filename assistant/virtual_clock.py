"""An event loop whose clock jumps: when nothing is ready, it is at once the time of the next timer.

A conversation of minutes is tested in milliseconds, and its times come out exact. Only what the loop itself does takes
part: threads, processes and sockets are not waited for, so engines run inline (`WorkerOptions(mode="inline")`).
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

# What takes longer has hung: then time jumps, and the deadlines of the workers see to it.
_LONGEST_OUTSIDE_S = 600.0


class Deadlock(RuntimeError):
    """Every task waits, and no timer would wake any of them."""


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """Starts at 0 s; `asyncio.sleep(3600)` takes no time.

    Attributes:
        outside: how many wait for something that happens outside of the loop; the clock stands still meanwhile …
        passing: … unless any of these wait for a time.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self.outside = 0
        self.passing = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now_s

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Runs it here and now: a thread would not be waited for."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # the boundary that an executor is: the caller who awaits gets it
            future.set_exception(error)
        return future

    def advance(self, duration_s: float) -> None:
        """It is later now."""
        self._now_s += duration_s


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualClockLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        is_outside = self._loop.outside and not self._loop.passing and timeout != 0
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(_LONGEST_OUTSIDE_S if is_outside else 0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Deadlock("every task waits, and there is no timer")
        self._loop.advance(timeout)
        return ready


@contextmanager
def standing_still() -> Iterator[None]:
    """While the block waits for another process or thread, no time passes; without effect on any other event loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualClockLoop):
        yield
        return
    loop.outside += 1
    try:
        yield
    finally:
        loop.outside -= 1


@contextmanager
def passing() -> Iterator[None]:
    """Time passes all the same, although others are `standing_still`: what they wait for happens at a time."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualClockLoop):
        yield
        return
    loop.passing += 1
    try:
        yield
    finally:
        loop.passing -= 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on a virtual clock.

    Raises:
        Deadlock: see there.
    """
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        return runner.run(main)
