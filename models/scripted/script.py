"""What the scripted engines have in common: lines that are said call by call, and time that passes between items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from models.errors import EngineFailed
from models.types import Pause

T = TypeVar("T")


class Script(Generic[T]):
    """The lines of one engine, call by call.

    Attributes:
        calls: so far.
    """

    def __init__(self, lines: Sequence[T], fail_on: tuple[int, ...]) -> None:
        """
        Args:
            lines: what the calls get, in order, again from the first after the last.
            fail_on: the calls, counted from 1, that fail.
        """
        self.calls = 0
        self._lines = lines
        self._fail_on = fail_on

    def next(self) -> T:
        """The line of the next call.

        Raises:
            EngineFailed: the script says so.
        """
        self.calls += 1
        if self.calls in self._fail_on:
            raise EngineFailed(f"the script says that call {self.calls} fails")
        return self._lines[(self.calls - 1) % len(self._lines)]


def check_pause(pause_s: float) -> None:
    """
    Raises:
        ValueError: no such time can pass.
    """
    if not pause_s >= 0:
        raise ValueError(f"pause_s = {pause_s} is negative")


def pause(duration_s: float) -> Iterator[Pause]:
    """One `Pause`, or nothing where no time is to pass."""
    if duration_s:
        yield Pause(duration_s)
