"""A subtitle block: what is shown, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass

from models.types import Word


@dataclass(frozen=True, slots=True)
class Cue:
    """A block of text that is shown at once.

    Attributes:
        start_s, end_s: seconds from the start of the media; 0 <= start_s < end_s.
        lines: the text as it is shown, one entry a line, without markup.
        words: what the lines are made of, with times; empty where these are unknown, as in a file of somebody else.
        language: ISO 639-1 code of the text; "" where it is unknown.
    """

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    words: tuple[Word, ...] = ()
    language: str = ""

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(self.lines)

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s
