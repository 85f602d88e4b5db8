"""How far a benchmark is, on standard error: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TypeAlias, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")

# Takes how much is done, and what else there is to tell.
Advance: TypeAlias = Callable[[float, str], None]

# Often enough to see that a benchmark of an hour is alive, seldom enough to be read.
_BETWEEN_LINES_S = 60.0


def counted(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items, while it is shown how many of them have been taken."""
    with measuring(what, len(items)) as advance:
        for number, item in enumerate(items):
            yield item
            advance(number + 1, f"{number + 1} of {len(items)}")


@contextmanager
def measuring(what: str, total: float) -> Iterator[Advance]:
    """Shows how far the block is, of `total`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, what)
        return
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(what, total=total, note="")
        yield lambda done, note: bars.update(task, completed=done, note=note)


class _Lines:
    def __init__(self, console: Console, what: str) -> None:
        self._console = console
        self._what = what
        self._told_s = monotonic()

    def __call__(self, done: float, note: str) -> None:
        now_s = monotonic()
        if now_s - self._told_s >= _BETWEEN_LINES_S:
            self._told_s = now_s
            self._console.print(f"{self._what}: {note}", markup=False, highlight=False, soft_wrap=True)
