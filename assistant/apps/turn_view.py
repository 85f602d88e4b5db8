"""A turn in the terminal: the transcript, the reply as it comes, and where the time went."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console

from assistant.events import Event, FinalTranscript, Notice, PictureDropped, PictureReady, ReplyDelta
from assistant.metrics import Timeline

if TYPE_CHECKING:
    from assistant.apps.ask import Answer

_BAR_CHARACTERS = 40  # leaves room for labels on a terminal of 80 columns


class TurnView:
    """Prints one turn; what it prints reads the same in a terminal and in a file."""

    def __init__(self, title: str) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._console.soft_wrap = not self._console.is_terminal  # only a terminal has lines of a certain length
        self._title = title
        self._is_replying = False

    def __enter__(self) -> Self:
        self._console.print(f"── {self._title}", style="dim")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._is_replying:
            self._console.print()  # leaves the unfinished reply on a line of its own

    def show(self, event: Event) -> None:
        """Prints what a reader wants to know of an event, as soon as it happens."""
        match event:
            case FinalTranscript():
                self._console.print(f"You ({event.language}): {event.text}", style="bold")
            case Notice():
                self._print_line(f"({event.text})", "yellow")
            case PictureReady():
                self._print_line(picture_line(event), "cyan")
            case PictureDropped():
                self._print_line(f"(no picture: {event.reason})", "yellow")
            case ReplyDelta():
                if not self._is_replying:
                    self._console.print("Assistant:", end=" ", style="bold green")
                text = event.text if self._is_replying else event.text.lstrip()
                self._is_replying = True
                self._console.print(text, end="", style="green", soft_wrap=True)

    def _print_line(self, text: str, style: str) -> None:
        """What happens in the middle of a reply stands on a line of its own."""
        if self._is_replying:
            self._console.print()
            self._is_replying = False
        self._console.print(text, style=style)

    def show_answer(self, answer: Answer) -> None:
        """Prints the timeline and where the speech lies."""
        self._console.print()
        for line in timeline_bars(answer.timeline):
            self._console.print(line, style="dim")
        if answer.audio:
            self._console.print(f"{answer.audio.path} ({answer.audio.duration_s:.1f} s)\n")


def picture_line(event: PictureReady) -> str:
    """What a terminal shows of a picture."""
    size = f"{event.picture.width}x{event.picture.height}"
    return f"Picture: {event.prompt} ({size}, licence {event.licence}) {event.path}"


def timeline_bars(timeline: Timeline) -> list[str]:
    """A bar for each stage: what it took after the one before it.

    Returns:
        Lines such as "  first word    0.21 s      ███", at most 80 characters wide.
    """
    marks = [
        ("heard", timeline.transcript_s),
        ("first word", timeline.first_delta_s),
        ("first clause", timeline.first_clause_s),
        ("first sound", timeline.first_audio_s),
        ("all spoken", timeline.end_s),
    ]
    start = timeline.speech_end_s or 0.0
    # In a live conversation the reply is begun before it is certain that the question has ended.
    reached = sorted(((at, label) for label, at in marks if at is not None), key=lambda mark: mark[0])
    whole = reached[-1][0] - start if reached else 0.0
    lines, before = [], start
    for at, label in reached:
        scale = _BAR_CHARACTERS / whole if whole else 0
        left, width = round((before - start) * scale), max(1, round((at - before) * scale))
        lines.append(f"  {label:<13}{at - start:5.2f} s  {' ' * left}{'█' * width}")
        before = at
    return lines
