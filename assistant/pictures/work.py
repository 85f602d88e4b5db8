"""What is kept in the gallery. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

from models.pictures import Picture

WorkKind: TypeAlias = Literal["draw", "edit", "extend", "vary", "bigger", "animate"]
Suffix: TypeAlias = Literal[".png", ".mp4", ".gif"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a picture comes from: all that is written into its file.

    Attributes:
        kind: what was done, as the intents are called.
        prompt: what was really drawn; of an animation, from what it goes.
        asked: what was asked for, where that is more than the model could draw; else "".
        negative_prompt: what was not to be seen.
        seed, steps: with the same model, prompt and parent they give the same picture again.
        model, licence: as the catalogue calls them.
        parent: the picture that it was made from: its name in the gallery, or that of a file from outside; "": none.
        created: with a time zone.
    """

    kind: WorkKind
    prompt: str
    model: str
    licence: str
    seed: int
    steps: int
    asked: str = ""
    negative_prompt: str = ""
    parent: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Work:
    """A finished picture, or an animation, that is to be kept.

    Attributes:
        pictures: one; or the frames of an animation, in order, all of one size.
        id: from `Gallery.new_id`; "": the gallery makes one.
        source: the file from outside that it was made from; None where `origin.parent` is in the gallery, or nothing.
        suffix: ".png" for a picture, ".mp4" or ".gif" for an animation.
    """

    pictures: tuple[Picture, ...]
    origin: Origin
    id: str = ""
    source: Path | None = None
    suffix: Suffix = ".png"

    def __post_init__(self) -> None:
        if not self.pictures or (self.suffix == ".png") != (len(self.pictures) == 1):
            raise ValueError(f"{len(self.pictures)} pictures do not make a {self.suffix} file")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the gallery.

    Attributes:
        id: its name without the suffix.
        origin: as its file says.
    """

    id: str
    path: Path
    origin: Origin
