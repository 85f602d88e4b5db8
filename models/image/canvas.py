"""Sizes: what a model draws, and what is shown of it. A picture of any size is drawn at one that suits the model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import EngineFailed
from models.pictures import Picture

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

# As for `ImageOptions`.
LARGEST_SIDE = 4096
# Latent cells of the smallest drawing in each direction: a UNet halves them three times.
_FEWEST_CELLS = 8
# A drawing may have this many times the pixels that the model was taught with; on a larger one it repeats itself.
_LARGEST_AREA = 2.0


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a model can draw.

    Attributes:
        side: width and height that it draws best.
        multiple: both must be multiples of this.
        is_fixed: it draws squares of `side` only.
        enlarge: pictures are shown this many times as large.
    """

    side: int
    multiple: int
    is_fixed: bool = False
    enlarge: int = 1

    @property
    def shown_side(self) -> int:
        """Width and height of a picture when nothing else is asked for."""
        return self.side * self.enlarge

    def shown(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of a new picture.

        Args:
            width, height: that were asked for; 0: the model's own.
        """
        wanted = (width or self.shown_side, height or self.shown_side)
        return (min(wanted), min(wanted)) if self.is_fixed else wanted

    def drawn(self, width: int, height: int) -> tuple[int, int]:
        """Width and height at which a picture of that size is best drawn."""
        if self.is_fixed:
            return self.side, self.side
        sides = [width / self.enlarge, height / self.enlarge]
        shrink = max(1.0, math.sqrt(sides[0] * sides[1] / (_LARGEST_AREA * self.side**2)))
        cells = [max(_FEWEST_CELLS, round(side / shrink / self.multiple)) for side in sides]
        return cells[0] * self.multiple, cells[1] * self.multiple


def check(picture: Picture) -> None:
    """
    Raises:
        EngineFailed: it is no picture, or too large to be worked on.
    """
    pixels = picture.pixels
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise EngineFailed(f"a picture is uint8 of shape (height, width, 3), not {pixels.dtype} of {pixels.shape}")
    check_size(picture.width, picture.height)


def check_size(width: int, height: int) -> None:
    """
    Raises:
        EngineFailed: too large.
    """
    if max(width, height) > LARGEST_SIDE:
        raise EngineFailed(f"{width} x {height} pixels are too many; a side may have {LARGEST_SIDE} at most")


def resampled(pixels: Pixels, width: int, height: int) -> Pixels:
    """The whole picture at another size, by Lanczos' filter; the same array where nothing changes."""
    from PIL import Image

    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))
