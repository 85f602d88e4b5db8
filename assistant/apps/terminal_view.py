"""A live conversation in a terminal: what was said scrolls by; below it, what is heard, thought and spoken now."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from assistant.apps.conversation_view import ConversationView, LinesView, Meters, print_event, print_notice
from assistant.apps.scene import Scene, State, after
from assistant.apps.turn_view import timeline_bars
from assistant.events import Event

# Fluent to the eye; each drawing takes some milliseconds of a core that has better things to do.
_REDRAWS_PER_S = 12
# From the noise of a quiet room to a voice close to the microphone, in dB below full scale.
_QUIET_DB, _LOUD_DB = -60.0, -12.0
_METER_CHARACTERS = 24
_WIDEST = 88  # lines that are longer are hard to read
_STYLES: dict[State, str] = {
    "listening": "cyan",
    "thinking": "magenta",
    "speaking": "green",
    "held": "yellow",
}


def open_view(console: Console) -> ConversationView:
    """The view that suits where the console writes to."""
    return TerminalView(console) if console.is_terminal else LinesView(console)


class TerminalView:
    """Draws in a thread of its own, so that a slow terminal holds nothing up."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._scene = Scene()
        self._hint = ""
        self._meters: Callable[[], Meters] = Meters
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=_REDRAWS_PER_S, transient=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def start(self, meters: Callable[[], Meters], hint: str) -> None:
        """Draws from now on."""
        self._meters, self._hint = meters, hint
        self._live.start()

    def show(self, event: Event) -> None:
        """Changes the scene; prints above it what is final."""
        self._scene = after(self._scene, event)
        print_event(self._console, event)

    def notice(self, text: str) -> None:
        """Prints it in brackets, above the scene."""
        print_notice(self._console, text)

    def _draw(self) -> RenderableType:
        return drawn(self._scene, self._meters(), self._hint)


def drawn(scene: Scene, meters: Meters, hint: str) -> RenderableType:
    """The lower part of the view."""
    lines: list[RenderableType] = [_status(scene.state, meters.level)]
    if scene.committed or scene.tentative:
        lines.append(Text.assemble(("You: ", "bold"), scene.committed, (scene.tentative, "dim")))
    if scene.reply:
        spoken, rest = scene.split_reply(meters.played_s)
        lines.append(Text.assemble(("Assistant: ", "bold green"), (spoken, "green"), (rest, "dim")))
    if scene.drawing:
        full = round(_METER_CHARACTERS * scene.drawn_part)
        bar = Text.assemble(("█" * full, "cyan"), ("░" * (_METER_CHARACTERS - full), "dim"))
        lines.append(Text.assemble(("Drawing: ", "bold cyan"), f"{scene.drawing} ", bar))
    if scene.last_turn:
        lines += [Text(), Text("last turn, from your last word", "dim")]
        lines += [Text(bar, "blue", no_wrap=True) for bar in timeline_bars(scene.last_turn)]
    return Panel(Group(*lines), subtitle=hint or None, subtitle_align="right", border_style="dim", width=_WIDEST)


def _status(state: State, level: float) -> Text:
    style = _STYLES[state]
    full = round(_METER_CHARACTERS * _loudness(level))
    text = Text.assemble(("● ", style), (f"{state:<11}", f"bold {style}"))
    return text.append("█" * full, "cyan").append("░" * (_METER_CHARACTERS - full), "dim")


def _loudness(level: float) -> float:
    """In [0, 1], even steps in dB, as people hear."""
    level_db = 20 * math.log10(max(level, 1e-6))
    return min(1.0, max(0.0, (level_db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)))
