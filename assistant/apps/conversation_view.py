"""Showing a live conversation: in lines that read the same in a file; `terminal_view` shows it as it lives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from assistant.apps.scene import Scene, after
from assistant.apps.turn_view import timeline_bars
from assistant.events import Event, FinalTranscript, Interrupted, Notice, SpeechDropped, TurnEnded
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
        self._console.print(hint, style="dim", markup=False)

    def show(self, event: Event) -> None:
        """Prints transcripts, replies, notices, and where the time of a turn went."""
        self._scene = after(self._scene, event)
        print_event(self._console, event)
        if isinstance(event, TurnEnded | Interrupted) and self._scene.last_turn:
            print_timeline(self._console, self._scene.last_turn)

    def notice(self, text: str) -> None:
        """Prints it in brackets."""
        self._console.print(f"({text})", style="yellow", markup=False)


def print_event(console: Console, event: Event) -> None:
    """Prints what of an event is worth keeping, if anything."""
    match event:
        case FinalTranscript():
            console.print(f"You ({event.language}): {event.text}", style="bold", markup=False)
        case TurnEnded() if event.reply.strip():
            console.print(f"Assistant: {event.reply.strip()}", style="green", markup=False)
        case Interrupted():
            console.print(f"Assistant: {event.heard} — (interrupted)", style="green", markup=False)
        case SpeechDropped(reason="not addressed"):
            console.print("(heard something that was not for the assistant)", style="dim", markup=False)
        case Notice():
            console.print(f"({event.text})", style="yellow", markup=False)


def print_timeline(console: Console, line: Timeline) -> None:
    """Prints the bars of a turn."""
    for bar in timeline_bars(line):
        console.print(bar, style="dim", markup=False, soft_wrap=True)
