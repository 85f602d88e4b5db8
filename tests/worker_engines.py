"""Engines that do to a worker what real ones do only on bad days. Nothing heavy is imported: tests start them often."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import WeightsInvalid
from models.types import EngineSpec, Pause

# What an engine in a thread waits for when it hangs, so that a test can let the thread go afterwards.
released = threading.Event()
# When engines in the event loop were built, by the clock of that loop.
built_at_s: list[float] = []


class Troublesome:
    """Its methods are named by what they do. With the option `diary`, every item is also a line in that file."""

    def __init__(self, spec: EngineSpec) -> None:
        self.by_turns = bool(spec.options.get("by_turns", False))
        self._diary = Path(str(spec.options.get("diary", os.devnull)))
        self._closed = 0

    def warm_up(self) -> None:
        self._note("warm")

    def count(self, end: int) -> Iterator[int]:
        try:
            for number in range(end):
                self._note(f"count {number}")
                yield number
        except GeneratorExit:
            self._closed += 1
            raise

    def closed(self) -> Iterator[int]:
        """How many counts were closed before their end."""
        yield self._closed

    def name(self, name: str) -> Iterator[str]:
        self._note(name)
        yield name

    def echo(self, value: Any) -> Iterator[Any]:
        yield value

    def pause(self, duration_s: float) -> Iterator[str | Pause]:
        yield "before"
        yield Pause(duration_s)
        yield "after"

    def paced(self, end: int) -> Iterator[int | Pause]:
        """A number each second."""
        for number in range(end):
            yield Pause(1.0)
            yield number

    def fail(self, error: Exception) -> Iterator[str]:
        yield "before"
        raise error

    def run_out_of_memory(self) -> Iterator[str]:
        yield "before"
        raise MemoryError("no more of it")

    def leave(self) -> Iterator[str]:
        yield "before"
        raise SystemExit(3)

    def hang(self) -> Iterator[str]:
        """In a process or a thread: nothing but a kill, or `released`, ends it."""
        yield "before"
        released.wait()
        yield "after"

    def hang_when_closed(self) -> Iterator[str]:
        try:
            while True:
                yield "before"
        finally:
            released.wait()

    def chatter(self) -> Iterator[str]:
        print("printed by Python")
        os.write(1, b"written by a C library\n")
        yield "said nothing"

    def environment(self, name: str) -> Iterator[str | None]:
        yield os.environ.get(name)

    def _note(self, line: str) -> None:
        with self._diary.open("a") as diary:
            diary.write(f"{line}\n")


def troublesome(spec: EngineSpec) -> Troublesome:
    """Options: `broken`, a file that makes loading fail while it exists."""
    if Path(str(spec.options.get("broken", ""))).is_file():
        raise WeightsInvalid("the weights are gone")
    return Troublesome(spec)


def recorded(spec: EngineSpec) -> Troublesome:
    """Notes in `built_at_s` when it was called; for engines in the event loop."""
    built_at_s.append(asyncio.get_running_loop().time())
    return Troublesome(spec)


def never_ready(spec: EngineSpec) -> Troublesome:
    released.wait()
    return Troublesome(spec)


def dies_at_once(spec: EngineSpec) -> Troublesome:
    os._exit(7)


def unexpected(spec: EngineSpec) -> Troublesome:
    raise ZeroDivisionError("nobody thought of this")


def endless_step(spec: EngineSpec) -> EndlessStep:
    return EndlessStep()


class EndlessStep:
    """Is deep inside a step when its parent dies."""

    def warm_up(self) -> None:
        """Nothing."""

    def work(self) -> Iterator[int]:
        yield os.getpid()
        while True:
            time.sleep(3600)
