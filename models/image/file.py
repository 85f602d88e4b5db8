"""Reading pictures out of files that come from anywhere, with limits. Formats only: nothing is drawn here."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.errors import PictureError
from models.pictures import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

# What cameras, phones and browsers write. Each further decoder is one more to be attacked.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# Twice what a model can be asked for: the largest that is drawn, enlarged. 200 MB of pixels.
LARGEST_SIDE = 8192
# The pixels of the largest picture, and some more: a file that is larger holds something else.
_LARGEST_BYTES = 250_000_000
# What Pillow's decoders raise on damaged files.
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
# Half of white.
_MASK_FROM = 128


def read_picture(path: Path) -> Picture:
    """The picture in a file: upright, as its EXIF data says, on white where it is transparent, the first if it moves.

    Args:
        path: PNG, JPEG, WebP or GIF; at most 8192 pixels a side.

    Raises:
        PictureError: no such file, of another format, damaged, cut off, or too large.
    """
    with opened(path) as image:
        return Picture(_rgb(image))


def read_mask(path: Path, picture: Picture) -> npt.NDArray[np.bool_]:
    """The mask in a file: True where the picture may change, shape (height, width).

    That is where the mask is transparent; where it is white, if no part of it is transparent.

    Raises:
        PictureError: as `read_picture`; or it is of another size than the picture, or nowhere white.
    """
    with opened(path) as image:
        mask, see_through = Picture(_rgb(image)), _transparent(image)
    if (mask.width, mask.height) != (picture.width, picture.height):
        raise PictureError(
            f"{path} is {mask.width} x {mask.height} pixels and the picture {picture.width} x {picture.height}; "
            "a mask must be of the same size"
        )
    if see_through.any():
        return see_through
    white: npt.NDArray[np.bool_] = mask.pixels.min(axis=2) >= _MASK_FROM
    if not white.any():
        raise PictureError(f"{path} is nowhere white; paint white what may change")
    return white


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """The file as Pillow opens it: its size and texts are known, no pixel is decoded yet.

    Raises:
        PictureError: as `read_picture`; also of what goes wrong in the block.
    """
    from PIL import Image, UnidentifiedImageError

    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which are checked here, and about damage, which is raised
            with Image.open(path, formats=_FORMATS) as image:
                if max(image.size) > LARGEST_SIDE:
                    raise PictureError(
                        f"{path} is {image.width} x {image.height} pixels; at most {LARGEST_SIDE} a side are taken"
                    )
                yield image
    except Image.DecompressionBombError as error:
        raise PictureError(f"{path} has far too many pixels; at most {LARGEST_SIDE} a side are taken") from error
    except UnidentifiedImageError as error:
        raise PictureError(f"{path} is not a picture that can be read: it must be PNG, JPEG, WebP or GIF") from error
    except _DAMAGE as error:
        raise PictureError(f"{path} is damaged and cannot be read: {error}") from error


def _check_file(path: Path) -> None:
    try:
        if not path.is_file():
            raise PictureError(f"{path}: {'not a regular file' if path.exists() else 'no such file'}")
        if path.stat().st_size > _LARGEST_BYTES:
            raise PictureError(f"{path} is larger than {_LARGEST_BYTES // 1_000_000} MB, and no picture that is taken")
    except (OSError, ValueError) as error:  # a name that is too long, or has a null in it
        raise PictureError(f"{path} cannot be read: {error}") from error


def _transparent(image: Image) -> npt.NDArray[np.bool_]:
    from PIL import ImageOps

    alpha: npt.NDArray[np.bool_] = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))[..., 3] < _MASK_FROM
    return alpha


def _rgb(image: Image) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off at 255
        grey = (np.asarray(upright, np.float64) / 257).clip(0, 255).round().astype(np.uint8)
        upright = Image.fromarray(grey)
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.array(upright.convert("RGB"))
