"""A function that reports as it goes, as a generator: it stands still between two reports, and ends when it is closed.

The pipelines of diffusers are such functions: they call back after each step, and return at the end. A generator cannot
yield from inside a call, so the function runs in a thread of its own, in turn with the caller and never beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeAlias, TypeVar

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Reported(Generic[S]):
    value: S


@dataclass(frozen=True, slots=True)
class _Returned(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


_News: TypeAlias = _Reported[S] | _Returned[T] | _Raised


class _Stopped(BaseException):
    """Raised inside the function when its reports are not wanted any longer."""


def stepwise(work: Callable[[Callable[[S], None]], T]) -> Generator[S, None, T]:
    """Yields what the function reports, and returns what it returns.

    Whatever the function raises is raised here. Closing the generator raises at the report that the function stands at,
    and returns when its thread has ended.

    Args:
        work: takes the function to report with.
    """
    news: SimpleQueue[_News[S, T]] = SimpleQueue()
    go_on: SimpleQueue[bool] = SimpleQueue()

    def report(value: S) -> None:
        news.put(_Reported(value))
        if not go_on.get():
            raise _Stopped

    def run() -> None:
        try:
            news.put(_Returned(work(report)))
        except BaseException as error:  # the boundary of the thread: the caller's thread raises it, whatever it is
            news.put(_Raised(error))

    # A daemon: a process that ends in the middle of a picture does not wait for it.
    thread = Thread(target=run, name="drawing", daemon=True)
    thread.start()
    try:
        while isinstance(latest := news.get(), _Reported):
            yield latest.value
            go_on.put(True)
    finally:
        go_on.put(False)
        thread.join()
    if isinstance(latest, _Raised):
        raise latest.error
    return latest.value
