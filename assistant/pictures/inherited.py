"""Which pixels of a picture are those of the one that it was made from, and where they lay there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.pictures import Picture


@dataclass(frozen=True, slots=True, eq=False)
class Inherited:
    """The share of the parent.

    Attributes:
        where: True for its pixels, shape (height, width) of the child.
        row, column: of the parent's corner in the child.
    """

    where: npt.NDArray[np.bool_]
    row: int
    column: int


def inherited(child: Picture, parent: Picture) -> Inherited:
    """Compares the pixels: what is equal was kept.

    A child that is larger has the parent in one of its corners, the one where most is equal.
    """
    down, right = child.height - parent.height, child.width - parent.width
    if down < 0 or right < 0:
        return Inherited(np.zeros(child.pixels.shape[:2], np.bool_), 0, 0)
    places = (_equal(child, parent, *corner) for corner in itertools.product({0, down}, {0, right}))
    return max(places, key=lambda place: int(place.where.sum()))


def _equal(child: Picture, parent: Picture, row: int, column: int) -> Inherited:
    where = np.zeros(child.pixels.shape[:2], np.bool_)
    area = np.s_[row : row + parent.height, column : column + parent.width]
    where[area] = (child.pixels[area] == parent.pixels).all(axis=2)
    return Inherited(where, row, column)
