"""What is wanted of a batch of captions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from assistant.captions.hearing import HearingOptions
from assistant.sources.rules import SourceRules

Existing: TypeAlias = Literal["skip", "replace"]


# What most players and sites take.
USUAL_FORMATS = ("srt", "vtt")


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """
    Attributes:
        formats: of the files to be written; see `formats.FORMATS`. None: those that an item has already.
        standard: that the cues keep to; see `standards.STANDARDS`.
        words: also say when each word is spoken, where a format can.
        embed: also write the recording with the captions as a track.
        burn: also write the recording with the captions in its picture.
        existing: "skip" lets captions that are there alone, "replace" hears those recordings again.
        reexport: write the files anew from what was heard earlier; hear nothing.
        model: name of the weights that hear; it is stored with what was heard.
        hearing: how to hear.
        rules: what may be fetched.
        retry_pauses_s: before each further attempt to fetch what may come with time. A server that is too busy has
            often recovered after seconds; one that limits the rate for longer than a minute is left to the next run.
    """

    formats: tuple[str, ...] = USUAL_FORMATS
    standard: str = "netflix"
    words: bool = False
    embed: bool = False
    burn: bool = False
    existing: Existing = "skip"
    reexport: bool = False
    model: str = ""
    hearing: HearingOptions = field(default_factory=HearingOptions)
    rules: SourceRules = field(default_factory=SourceRules)
    retry_pauses_s: tuple[float, ...] = (2.0, 10.0, 50.0)

    @property
    def layout(self) -> str:
        """What files depend on beside the text, in words."""
        return f"{self.standard} with words" if self.words else self.standard

    def made_with(self) -> dict[str, object]:
        """What the text depends on, by name."""
        return {"model": self.model, **asdict(self.hearing)}


@dataclass(frozen=True, slots=True)
class Output:
    """Where an item's files go.

    Attributes:
        folder: the output folder.
        name: of the files, without an ending.
        scratch: a folder on the same disk, for files that are not complete.
    """

    folder: Path
    name: str
    scratch: Path

    def path(self, ending: str) -> Path:
        """
        Args:
            ending: with its dot.
        """
        return self.folder / f"{self.name}{ending}"
