"""Showing a live conversation: in lines that read the same in a file; `terminal_view` shows it as it lives.

What is printed is a `Text` of its style: the style of a `print` would colour the drawing below it too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.text import Text

from assistant.apps.scene import Scene, after
from assistant.apps.turn_view import picture_line, timeline_bars
from assistant.events import (
    Event,
    FinalTranscript,
    Interrupted,
    Notice,
    PictureDropped,
    PictureReady,
    SpeechDropped,
    TurnEnded,
)
from assistant.metrics import Timeline


@dataclass(frozen=True, slots=True)
class Meters:
    """What changes from moment to moment, without an event.

    Attributes:
        level: of the microphone; root mean square in [0, 1].
        played_s: of the running reply.
    """

    level: float = 0.0
    played_s: float = 0.0


class ConversationView(AbstractContextManager["ConversationView"], Protocol):
    """Shows a conversation; notices also before it."""

    def start(self, meters: Callable[[], Meters], hint: str) -> None:
        """The assistant listens from now on, until the view is left.

        Args:
            meters: asked whenever they are shown, from any thread.
            hint: what the user can do.
        """

    def show(self, event: Event) -> None:
        """Something has happened."""

    def notice(self, text: str) -> None:
        """Something the user should know that is not part of the conversation."""


class LinesView:
    """Prints what is final, once it is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._scene = Scene()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def start(self, meters: Callable[[], Meters], hint: str) -> None:
        """Prints the hint; meters are not for files."""
        self._console.print(Text(hint, "dim"))

    def show(self, event: Event) -> None:
        """Prints transcripts, replies, notices, and where the time of a turn went."""
        before, self._scene = self._scene, after(self._scene, event)
        print_event(self._console, event)
        if self._scene.last_turn and self._scene.last_turn is not before.last_turn:
            print_timeline(self._console, self._scene.last_turn)

    def notice(self, text: str) -> None:
        """Prints it in brackets."""
        print_notice(self._console, text)


def print_event(console: Console, event: Event) -> None:
    """Prints what of an event is worth keeping, if anything."""
    match event:
        case FinalTranscript():
            _print(console, f"You ({event.language}): {event.text}", "bold")
        case TurnEnded() if event.reply.strip():
            _print(console, f"Assistant: {event.reply.strip()}", "green")
        case Interrupted() if event.heard:
            _print(console, f"Assistant: {event.heard} — (interrupted)", "green")
        case SpeechDropped(reason="not addressed"):
            _print(console, "(heard something that was not for the assistant)", "dim")
        case PictureReady():
            console.print(Text(picture_line(event), "cyan"), soft_wrap=True)
        case PictureDropped(reason=reason) if reason != "cancelled":
            print_notice(console, f"no picture: {reason}")
        case Notice():
            print_notice(console, event.text)


def print_notice(console: Console, text: str) -> None:
    """Prints it in brackets."""
    _print(console, f"({text})", "yellow")


def _print(console: Console, text: str, style: str) -> None:
    """Folds it at the width of a terminal; a line of a file stays one."""
    console.print(Text(text, style), soft_wrap=not console.is_terminal)


def print_timeline(console: Console, line: Timeline) -> None:
    """Prints the bars of a turn."""
    for bar in timeline_bars(line):
        console.print(Text(bar, "dim"), soft_wrap=True)
