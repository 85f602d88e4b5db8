"""Shows pulls of weights: licence first, then bars on a terminal and plain lines elsewhere. All on standard error."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from models.weights.progress import PullProgress, Step
from models.weights.store import Store

_STEP_TEXTS: dict[Step, str] = {
    "wait": "waiting for another pull of it",
    "fetch": "fetching",
    "verify": "verifying",
    "convert": "converting",
}
# A log needs to show that something moves, not how fast.
_PLAIN_STEP_PERCENT = 25


def pull_shown(store: Store, names: Iterable[str], *, check: bool = False) -> None:
    """Pulls those that are not ready, one after another; with `check` also those of which a file is damaged.

    Raises:
        StoreError: see `Store.pull`.
    """
    console = Console(stderr=True)
    for name in dict.fromkeys(names):
        if store.is_ready(name):
            if not check or store.is_intact(name):
                continue
            _print(console, f"{name}: a file of it is damaged")
        if store.offline:
            store.pull(name, check=check)  # raises: nothing is fetched, so nothing is announced
        entry = store.entry(name)
        _print(console, f"{name}: {entry.description}; {decimal(entry.size_bytes)}, licence {entry.licence}")
        if entry.restrictions:
            _print(console, f"  {entry.restrictions}")
        bars = _bars(console) if console.is_terminal else None
        with bars or nullcontext():
            store.pull(name, _Bar(bars) if bars else _Lines(console), check=check)


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _bars(console: Console) -> Progress:
    columns = (TextColumn("  {task.description:<11}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


class _Bar:
    """One bar for all steps; it pulses where there is nothing to count."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID = bars.add_task("", total=None)

    def __call__(self, progress: PullProgress) -> None:
        text = _STEP_TEXTS[progress.step]
        if progress.step == "fetch":
            self._bars.update(self._task, description=text, completed=progress.done_bytes, total=progress.total_bytes)
        else:
            self._bars.update(self._task, description=text, total=None)


class _Lines:
    """A line for each step, and a few on the way of a download."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""

    def __call__(self, progress: PullProgress) -> None:
        text = f"  {_STEP_TEXTS[progress.step]}"
        if progress.step == "fetch":
            percent = 100 * progress.done_bytes // max(1, progress.total_bytes)
            text += f" {percent - percent % _PLAIN_STEP_PERCENT} %"
        if text != self._said:
            self._said = text
            _print(self._console, text)
