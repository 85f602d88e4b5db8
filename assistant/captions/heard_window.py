"""What was heard in one window, and what it takes to hear some."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from assistant.captions.windows import Window
from models.types import Audio, Segment


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """
    Attributes:
        sound: of the window.
        segments: with times from its start; at least one, all in one language.
    """

    window: Window
    sound: Audio
    segments: tuple[Segment, ...]

    @property
    def language(self) -> str:
        return self.segments[0].language

    @property
    def language_probability(self) -> float:
        return self.segments[0].language_probability

    @property
    def surety(self) -> float:
        return min(segment.mean_log_probability for segment in self.segments)

    def part(self, window: Window) -> tuple[Window, Audio]:
        """
        Args:
            window: that lies in this one.
        """
        start_s = self.window.start_s
        return window, self.sound.between(window.start_s - start_s, window.end_s - start_s)


Hear: TypeAlias = Callable[[Sequence[tuple[Window, Audio]], str | None], Awaitable[list[HeardWindow]]]
"""Hears windows in one language, or each in its likeliest; gives those in which something is said, in order."""
