"""How a drawing goes, on standard error: a bar on a terminal, and what the model has to say."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.pictures import DrawingStep, Drawn

_WITHHELD = (
    "The model's safety checker kept a picture back, so it is not shown. It errs at times: try other words, or the "
    "same ones with another --seed."
)


class DrawView:
    """Shows a drawing. What is said of several pictures is said once.

    Attributes:
        notes: what was said.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._console = Console(stderr=True, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._bar = self._bars.add_task("loading the model", total=None)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def show_loaded(self, model: str) -> None:
        """The engine is ready."""
        self._bars.update(self._bar, description=f"{model} is drawing")

    def show_step(self, step: DrawingStep) -> None:
        """One step of what is being drawn is done."""
        self._bars.update(self._bar, completed=step.step, total=step.steps)

    def show_frame(self, drawn: Drawn, frames: int) -> None:
        """One frame of an animation is done."""
        self._bars.update(self._bar, completed=drawn.index + 1, total=frames)
        self.say(drawn.notes)

    def show_withheld(self) -> None:
        """A picture will not be shown."""
        self.say([_WITHHELD])

    def say(self, notes: Sequence[str]) -> None:
        """What the user should know."""
        for note in notes:
            if note not in self.notes:
                self.notes.append(note)
                self._console.print(note, markup=False, soft_wrap=True)
