"""An invisible mark in the pixels of what was drawn: it outlives JPEG, cropping and the loss of all metadata.

A pattern of one tile is repeated over the picture, stronger where the picture is lively and weaker where it is plain.
To find it the picture is folded onto one tile, where the pattern adds up and the picture does not, and correlated with
it by phase alone, for every displacement at once. It says "drawn by a model" and nothing else: no user, no number.

Source: Kalker, Depovere, Haitsma, Maes, "A video watermarking system for broadcast monitoring", SPIE 3657 (1999),
sections 2 and 3. The libraries at hand either have had no release for years or fetch a network of their own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from models.pictures import Picture

Plane = npt.NDArray[np.float32]

# Of the paper. A picture of 256 px has four tiles, and a part of one is still found.
TILE = 128
# Smaller pictures have too few pixels to hide something in and to find it again.
SMALLEST = 256
# In cycles per pixel. Below, the picture itself is too strong; above, JPEG keeps nothing.
_BAND = (0.07, 0.22)
# Standard deviation of the mark in grey levels: on a plain surface, and where the picture is lively.
_PLAIN, _LIVELY = 1.3, 3.0
# Grey levels by which lively neighbours differ. Taken from the pictures of the tests.
_LIVELINESS = 12.0
# Standard deviations that the best of TILE² displacements must stand out by. In pictures without the mark the best one
# is at 3.3 to 5.5; normally distributed noise passes 7 in one of 50 million pictures.
_THRESHOLD = 7.0
_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as JPEG has it


@dataclass(frozen=True, slots=True)
class Mark:
    """What was looked for in a picture.

    Attributes:
        score: standard deviations by which the best displacement stands out.
        row, column: that displacement of the tile's corner from the picture's, in [0, TILE).
    """

    score: float
    row: int
    column: int

    @property
    def is_there(self) -> bool:
        return self.score >= _THRESHOLD


def marked(picture: Picture, where: npt.NDArray[np.bool_] | None = None, at: Mark | None = None) -> Picture:
    """The picture with the mark; the very same one where it is too small.

    Args:
        picture: RGB.
        where: True for the pixels that may change, shape (height, width); None: all. The others stay exactly as they
            are: they were marked before, or are not ours.
        at: the mark that the others have, so that both are one.
    """
    if min(picture.width, picture.height) < SMALLEST:
        return picture
    rows, columns = np.arange(picture.height), np.arange(picture.width)
    row, column = (at.row, at.column) if at and at.is_there else (0, 0)
    mark = _tile()[np.ix_((rows - row) % TILE, (columns - column) % TILE)] * _strength(_grey(picture))
    pixels = np.clip(np.rint(picture.pixels + mark[..., None]), 0, 255).astype(np.uint8)
    return Picture(pixels if where is None else np.where(where[..., None], pixels, picture.pixels))


def find(picture: Picture) -> Mark:
    """Looks for the mark, in a picture of any size."""
    grey = _grey(picture)
    detail = np.clip(grey - _blurred(grey), -_LIVELINESS, _LIVELINESS)  # one edge must not outweigh all the rest
    detail = np.pad(detail, [(0, -length % TILE) for length in detail.shape])
    folded = detail.reshape(detail.shape[0] // TILE, TILE, -1, TILE).sum(axis=(0, 2))
    spectrum = np.fft.fft2(folded)
    size = np.abs(spectrum)
    phases = np.divide(spectrum, size, out=np.zeros_like(spectrum), where=size > 1)  # a plain surface has none
    likeness = np.fft.ifft2(phases * np.conj(_phases())).real
    deviation = float(likeness.std())
    if deviation == 0:
        return Mark(0.0, 0, 0)
    row, column = divmod(int(likeness.argmax()), TILE)
    return Mark(float((likeness.max() - likeness.mean()) / deviation), row, column)


@cache
def _phases() -> npt.NDArray[np.complex128]:
    """The pattern as phases, 0 outside the band. From a hash: numpy's generators may change between versions."""
    noise = np.frombuffer(hashlib.shake_256(b"drawn by a model").digest(TILE * TILE), np.uint8)
    spectrum = np.fft.fft2(noise.reshape(TILE, TILE).astype(np.float64))
    frequency = np.fft.fftfreq(TILE)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    inside = (radius >= _BAND[0]) & (radius <= _BAND[1])
    return np.where(inside, spectrum / np.abs(spectrum), 0)


@cache
def _tile() -> Plane:
    """The pattern in pixels, with standard deviation 1."""
    pattern = np.fft.ifft2(_phases()).real
    return np.asarray(pattern / pattern.std(), np.float32)


def _grey(picture: Picture) -> Plane:
    return np.asarray(picture.pixels.astype(np.float32) @ _GREY, np.float32)


def _strength(grey: Plane) -> Plane:
    liveliness = _blurred(np.abs(grey - _blurred(grey))) / _LIVELINESS
    strength: Plane = _PLAIN + (_LIVELY - _PLAIN) * np.clip(liveliness, 0, 1)
    return strength


def _blurred(plane: Plane, reach: int = 4) -> Plane:
    """The mean over a square of 2 reach + 1 pixels, which holds a period of what the mark is made of."""
    width = 2 * reach + 1
    for _ in range(2):  # down, and turned over, across
        sums = np.cumsum(np.pad(plane, ((reach + 1, reach), (0, 0)), mode="edge"), axis=0, dtype=np.float64)
        plane = ((sums[width:] - sums[:-width]) / width).astype(np.float32).T
    return plane
