"""A finished picture as the file that is kept: marked, described, signed, in this order; and the way back.

What was marked must not change any more, and the signature covers pixels and texts. A pixel that an edit left alone
stays exactly as it was in the file of its parent, so it is not marked a second time: new pixels get the mark, in step
with that of the parent.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.pictures import animation, provenance
from assistant.pictures.certificate import Identity
from assistant.pictures.inherited import inherited
from assistant.pictures.signature import Statement, signed
from assistant.pictures.watermark import SMALLEST, TILE, Mark, find, marked
from assistant.pictures.work import Origin, Work
from models.errors import PictureError
from models.image.file import LARGEST_SIDE, opened, read_picture
from models.pictures import Picture

# What PyAV and json raise on files that are damaged, or of somebody else.
_STRANGE = (OSError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Parent:
    """What a picture was made from.

    Attributes:
        is_drawn: by a model; it may be a photograph.
    """

    path: Path
    is_drawn: bool


def file_of(work: Work, name: str, parent: Parent | None, identity: Identity) -> bytes:
    """The content of the file.

    Args:
        work: the picture or animation.
        name: of the file, with its suffix.
        parent: None for a picture that was made of words alone.
        identity: to sign with.

    Raises:
        PictureError: the parent cannot be read any more, or the picture could not be read again: it is too large.
        SigningFailed: it cannot be signed.
    """
    if max(work.pictures[0].width, work.pictures[0].height) > LARGEST_SIDE:
        raise PictureError(f"a picture of more than {LARGEST_SIDE} pixels a side is too large to be kept")
    pictures = _with_mark(work, parent)
    texts = provenance.texts(work.origin)
    match work.suffix:
        case ".png":
            content = _png(pictures[0], texts)
        case ".gif":
            content = animation.gif(pictures, texts)
        case ".mp4":
            content = animation.mp4(pictures, texts)
    is_marked = min(pictures[0].width, pictures[0].height) >= SMALLEST
    statement = Statement(
        name,
        texts,
        parent=parent.path if parent else None,
        parent_is_drawn=parent is None or parent.is_drawn,
        is_marked=is_marked,
    )
    return signed(content, statement, identity)


def origin_in(path: Path) -> Origin:
    """Where the picture in a file comes from, as the file says.

    Raises:
        PictureError: it is damaged, or of another program.
    """
    try:
        if path.suffix in (".gif", ".mp4"):
            return provenance.origin_of(animation.comment(path))
        with opened(path) as image:
            found = dict(image.info)  # of a PNG also its texts; `text` would decode the pixels
        return provenance.origin_of(found)
    except _STRANGE as error:
        raise PictureError(f"{path} is not a picture of this program: {error}") from error


def picture_in(path: Path) -> Picture:
    """The pixels of a picture, or of the first frame of an animation.

    Raises:
        PictureError: it is damaged.
    """
    return animation.first_frame(path) if path.suffix == ".mp4" else read_picture(path)


def _with_mark(work: Work, parent: Parent | None) -> tuple[Picture, ...]:
    if parent is None or work.origin.kind not in ("edit", "extend"):
        return tuple(marked(picture) for picture in work.pictures)
    child, original = work.pictures[0], picture_in(parent.path)
    kept, mark = inherited(child, original), find(original)
    in_step = Mark(mark.score, (mark.row + kept.row) % TILE, (mark.column + kept.column) % TILE)
    return (marked(child, np.logical_not(kept.where), in_step),)


def _png(picture: Picture, texts: dict[str, str]) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for key, text in texts.items():
        if text.isascii():
            chunks.add_text(key, text)
        else:
            chunks.add_itxt(key, text)
    written = io.BytesIO()
    Image.fromarray(picture.pixels).save(written, "PNG", pnginfo=chunks)
    return written.getvalue()
