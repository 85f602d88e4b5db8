"""More of a picture on one side: where the windows lie that are drawn one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.image.canvas import Mask, Pixels
from models.pictures import Side

# Of a window, so much is new; the other half is what the model continues from.
_NEW_PART = 0.5


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture: `pixels[rows, columns]`."""

    rows: slice
    columns: slice


def padded(pixels: Pixels, side: Side, by: int) -> tuple[Pixels, Mask]:
    """The picture with its outermost pixels drawn out on that side, and a mask that is True where it is new."""
    before = by if side in ("left", "top") else 0
    across = ((before, by - before), (0, 0)) if side in ("top", "bottom") else ((0, 0), (before, by - before))
    is_new = np.pad(np.zeros(pixels.shape[:2], np.bool_), across, constant_values=True)
    return np.pad(pixels, (*across, (0, 0)), mode="edge"), is_new


def windows(shape: tuple[int, int], side: Side, by: int, own: int, longest: int) -> Iterator[Window]:
    """Windows that cover what is new, each with something known in it, from the seam outwards.

    Args:
        shape: height and width of the padded picture.
        side, by: as for `padded`.
        own: width and height of what the model draws best.
        longest: of a window along the seam; what is longer is cut into windows of `own`.
    """
    height, width = shape
    outwards, along = (height, width) if side in ("top", "bottom") else (width, height)
    depth, length = min(own, outwards), along if along <= longest else own
    step = max(1, round(_NEW_PART * depth))
    end = outwards - by  # of what is known so far, counted from the far end of the old picture
    while end < outwards:
        end = min(max(end + step, depth), outwards)
        span = slice(end - depth, end) if side in ("right", "bottom") else slice(outwards - end, outwards - end + depth)
        for start in range(0, along, length):
            piece = slice(min(start, along - length), min(start, along - length) + length)
            yield Window(span, piece) if side in ("top", "bottom") else Window(piece, span)
