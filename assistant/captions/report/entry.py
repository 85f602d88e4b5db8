"""What the page shows of one recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.captions.cue import Cue
from assistant.captions.report.loudness import Peaks
from assistant.captions.transcript import Transcript


class Violation(Protocol):
    """A rule of a standard that a cue breaks, as a check finds it."""

    @property
    def at_s(self) -> float:
        """Where, in seconds."""

    @property
    def cue_number(self) -> int:
        """Of the cue, counted from 1."""

    @property
    def rule(self) -> str:
        """In a few words."""

    @property
    def message(self) -> str:
        """In a sentence."""


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """
    Attributes:
        title: for people; anything at all may be in it.
        media: the recording, if it lies on this machine; the page links to it.
        transcript: what was heard; None where the item failed.
        cues: as they were written.
        violations: of these cues.
        failure: what went wrong; None where nothing did. Some of its files may be there all the same.
        peaks: the shape of the sound; None where it is not at hand.
        fastest_cps: the reading speed that the standard allows, in characters per second; None where it has none.
    """

    title: str
    media: Path | None = None
    transcript: Transcript | None = None
    cues: Sequence[Cue] = ()
    violations: Sequence[Violation] = ()
    failure: str | None = None
    peaks: Peaks | None = None
    fastest_cps: float | None = None
