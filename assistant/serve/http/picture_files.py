"""A drawn picture as the file that a client gets: marked, described and signed like those of the gallery."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.engines import ModelInUse
from assistant.pictures.certificate import identity
from assistant.pictures.drawn_file import Parent, file_of
from assistant.pictures.places import signing_folder
from assistant.pictures.work import Origin, Work
from models.pictures import Drawn

_NAME = "picture.png"


@dataclass(frozen=True, slots=True)
class DrawnFor:
    """What was asked for, and who drew it.

    Attributes:
        source: the picture that it was made from, if any; a file of the client.
    """

    prompt: str
    negative_prompt: str
    model: ModelInUse
    source: Path | None


def png_of(drawn: Drawn, asked: DrawnFor) -> bytes:
    """The file. Blocks for some 50 ms.

    Raises:
        PictureError, SigningFailed: it cannot be made.
    """
    origin = Origin(
        kind="edit" if asked.source else "draw",
        prompt=drawn.prompt,
        asked=asked.prompt if asked.prompt not in drawn.prompt else "",
        negative_prompt=asked.negative_prompt,
        model=asked.model.name,
        licence=asked.model.licence,
        seed=drawn.seed,
        steps=drawn.steps,
        parent="upload" if asked.source else "",
    )
    # Whoever sent it knows whether it was drawn; here it counts as a photograph, which claims less.
    parent = Parent(asked.source, is_drawn=False) if asked.source else None
    return file_of(Work((drawn.picture,), origin), _NAME, parent, identity(signing_folder()))
