"""How a batch of captions goes: bars on a terminal, plain lines elsewhere. What comes from outside is shown as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from assistant.captions.formats.shown import clean
from assistant.captions.summary import (
    BatchEvent,
    ItemEnded,
    ItemFetched,
    ItemFound,
    ItemHeard,
    ItemRetried,
    Outcome,
    Result,
    counts,
)

# A log needs to show that something moves, not how fast.
_PLAIN_STEP_PERCENT = 25
# Of a title, beside a bar.
_TITLE_CHARACTERS = 32


class BatchView(AbstractContextManager["BatchView"], Protocol):
    """Shows a batch, from the first item to the last."""

    def show(self, event: BatchEvent) -> None:
        """Takes note of what happened."""


def open_view(console: Console) -> BatchView:
    """The view that suits where the console writes to."""
    return BarsView(console) if console.is_terminal else LinesView(console)


class BarsView:
    """A bar for the items, and one for each that is heard now: seconds of its sound, and the time left."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(),
        )  # fmt: skip
        self._bars = Progress(*columns, console=console, transient=True)
        self._all = self._bars.add_task("recordings", total=0, unit="")
        self._each: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def show(self, event: BatchEvent) -> None:
        match event:
            case ItemFound():
                self._bars.update(self._all, total=(self._bars.tasks[0].total or 0) + 1)
            case ItemFetched(job, duration_s, from_s):
                title = escape(_short(job.item.title))
                total = round(duration_s) or None
                task = self._bars.add_task(title, total=total, completed=round(from_s), unit="s")
                self._each[job.item.key] = task
            case ItemHeard(job, until_s):
                self._bars.update(self._each[job.item.key], completed=round(until_s))
            case ItemRetried():
                _print(self._bars.console, _retry(event))
            case ItemEnded(result):
                self._end(result)

    def _end(self, result: Result) -> None:
        if result.job is not None and (task := self._each.pop(result.job.item.key, None)) is not None:
            self._bars.remove_task(task)
        self._bars.advance(self._all)
        _print(self._bars.console, _line(result))


class LinesView:
    """A line for each item that begins, goes on or ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._durations_s: dict[str, float] = {}
        self._said: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Has nothing to end."""

    def show(self, event: BatchEvent) -> None:
        match event:
            case ItemFetched(job, duration_s, from_s):
                self._durations_s[job.item.key], self._said[job.item.key] = duration_s, 0
                goes_on = f", goes on at {from_s:.0f} s" if from_s else ""
                _print(self._console, f"{_short(job.item.title)}: {duration_s:.0f} s of sound{goes_on}")
            case ItemHeard(job, until_s) if duration_s := self._durations_s[job.item.key]:
                percent = int(100 * min(1.0, until_s / duration_s)) // _PLAIN_STEP_PERCENT * _PLAIN_STEP_PERCENT
                if self._said[job.item.key] < percent < 100:  # its end has a line of its own
                    self._said[job.item.key] = percent
                    _print(self._console, f"{_short(job.item.title)}: {percent} %")
            case ItemRetried():
                _print(self._console, _retry(event))
            case ItemEnded(result):
                _print(self._console, _line(result))


def print_summary(console: Console, results: Sequence[Result]) -> None:
    """How many there are of each outcome, and why those that failed did."""
    said = [f"{number} {outcome}" for outcome, number in counts(results).items() if number]
    _print(console, f"{len(results)} recording{'' if len(results) == 1 else 's'}: {', '.join(said) or 'nothing to do'}")
    for result in results:
        if result.failure is not None:
            _print(console, f"{result.failure.reason.value}: {result.failure}")
    for note, number in Counter(result.note for result in results if result.note).items():
        _print(console, f"{number} of them {note}")


def _line(result: Result) -> str:
    if result.failure is not None:
        return f"✗ {_named(result.title, str(result.failure))}"
    mark = "✓" if result.outcome in (Outcome.TRANSCRIBED, Outcome.EXPORTED) else "-"
    where = f" {result.files[0].name}" if result.files else ""
    note = f" ({result.note})" if result.note else ""
    return f"{mark} {_short(result.title)}: {result.outcome.value}{where}{note}"


def _retry(event: ItemRetried) -> str:
    return f"{_named(event.title, str(event.failure))}; another try in {event.pause_s:g} s"


def _named(title: str, message: str) -> str:
    """Most messages begin with what they are about; to the others it is added."""
    return message if message.startswith(title) else f"{_short(title)}: {message}"


def _short(title: str) -> str:
    shown = clean(title)
    return shown if len(shown) <= _TITLE_CHARACTERS else f"{shown[: _TITLE_CHARACTERS - 1]}…"


def _print(console: Console, text: str) -> None:
    console.print(clean(text), markup=False, highlight=False, soft_wrap=True)
