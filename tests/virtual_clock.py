"""An event loop whose clock jumps: when nothing is ready, it is at once the time of the next timer.

A conversation of minutes is tested in milliseconds, and its times come out exact. Only what the loop itself does takes
part: threads, processes and sockets are not waited for, so engines run inline (`WorkerOptions(mode="inline")`).
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(RuntimeError):
    """Every task waits, and no timer would wake any of them."""


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """Starts at 0 s; `asyncio.sleep(3600)` takes no time."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_JumpingSelector(self._advance))

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

    def _advance(self, duration_s: float) -> None:
        self._now_s += duration_s


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    def __init__(self, advance: Callable[[float], None]) -> None:
        super().__init__()
        self._advance = advance

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Deadlock("every task waits, and there is no timer")
        self._advance(timeout)
        return ready


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on a virtual clock.

    Raises:
        Deadlock: see there.
    """
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        return runner.run(main)
