"""Pictures of things on plain paper: where the things are, where another finds room. Pure; knows nothing of models."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.image.canvas import Mask, Pixels, resampled

# A grid of so many cells along the shorter side: what a thing of the built-in model is drawn with.
_CELLS = 64
# What differs by no more than this, in the channel where it does most, is paper: a drawn white is never quite even.
_LIKE = 24
# So much of the border must be paper: a thing may touch it.
_PLAIN = 0.8
# Smaller than this share of a square is dirt.
_SPECK = 0.004
# Around a thing, of its square: the built-in model learnt pictures of 60 pixels in 64.
_MARGIN = 2 / 64
# Cells around a thing in the room of others, so that they do not hang together.
_GAP = 2
# A thing in less room than this share of the picture's height would not be seen.
_LEAST_ROOM = 1 / 3


def paper(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Its colour: what is at the border mostly; shape (3,)."""
    colour: npt.NDArray[np.uint8] = np.median(_border(pixels), axis=0).astype(np.uint8)
    return colour


def is_plain(pixels: Pixels) -> bool:
    """Whether the things are on plain paper."""
    border = _border(pixels)[np.newaxis]
    return bool((~_differs(border, paper(pixels))).mean() >= _PLAIN)


def things(pixels: Pixels) -> list[Mask]:
    """What is on the paper, the largest thing first; each mask has the shape of the picture."""
    size = _cell(pixels)
    height, width = pixels.shape[:2]
    rows, columns = -(-height // size), -(-width // size)
    drawn = np.zeros((rows * size, columns * size), np.bool_)
    drawn[:height, :width] = _differs(pixels, paper(pixels))
    cells = drawn.reshape(rows, size, columns, size).mean((1, 3)) > 1 / 4  # less of a cell is a blurred edge
    least = max(1, round(_SPECK * min(rows, columns) ** 2))
    found = sorted((part for part in _connected(_grown(cells)) if (part & cells).sum() >= least), key=np.sum)
    return [part.repeat(size, axis=0).repeat(size, axis=1)[:height, :width] for part in found[::-1]]


def cut_out(pixels: Pixels, mask: Mask) -> Pixels:
    """What is inside the mask, on white, in a square that it fills up to a margin."""
    colour = paper(pixels)
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    is_thing = (mask & _differs(pixels, colour))[box]
    height, width = is_thing.shape
    side = round(max(height, width) / (1 - 2 * _MARGIN)) + 1
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width][is_thing] = pixels[box][is_thing]
    return square


def room(pixels: Pixels) -> tuple[int, int, int] | None:
    """(top, left, side) of the largest square with nothing in it or next to it, in pixels; None: all are too small."""
    size = _cell(pixels)
    is_free = np.ones(pixels.shape[:2], np.bool_)
    for mask in things(pixels):
        is_free[mask] = False
    rows, columns = pixels.shape[0] // size, pixels.shape[1] // size
    cells: Mask = np.all(is_free[: rows * size, : columns * size].reshape(rows, size, columns, size), axis=(1, 3))
    side = np.zeros((rows + 1, columns + 1), int)
    for row in range(rows):  # the side of the largest square that ends at each cell
        for column in range(columns):
            if cells[row, column]:
                side[row + 1, column + 1] = 1 + min(side[row, column], side[row, column + 1], side[row + 1, column])
    last_row, last_column = np.unravel_index(side.argmax(), side.shape)
    most = int(side.max()) * size
    if most < _LEAST_ROOM * pixels.shape[0]:
        return None
    gap = _GAP * size if most > 4 * _GAP * size else 0
    return int(last_row) * size - most + gap, int(last_column) * size - most + gap, int(most) - 2 * gap


def put(square: Pixels, pixels: Pixels, place: tuple[int, int, int]) -> Pixels:
    """The picture with the things of another one, which is on plain paper, at a place (see `room`).

    Every pixel outside the place stays as it was.
    """
    top, left, side = place
    small = resampled(square, side, side)
    share = share_of_things(small, paper(square))
    done = pixels.copy()
    below = done[top : top + side, left : left + side].astype(np.float32)
    done[top : top + side, left : left + side] = (share * small + (1 - share) * below).round().astype(np.uint8)
    return done


def cleared(pixels: Pixels, mask: Mask) -> Pixels:
    """Paper wherever the mask is True."""
    return np.where(mask[..., np.newaxis], paper(pixels), pixels)


def coloured(pixels: Pixels, colour: tuple[float, float, float]) -> Pixels:
    """Paper of another colour, in [0, 1], around the things; what looks like paper within one stays as it is."""
    share = share_of_things(pixels, paper(pixels))
    new = share * pixels + (1 - share) * 255 * np.array(colour, np.float32)
    return np.where(around(pixels)[..., np.newaxis], new.round().astype(np.uint8), pixels)


def share_of_things(pixels: Pixels, colour: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """How much of each pixel is thing and not paper of that colour, in [0, 1], so that soft edges stay soft.

    Returns:
        Shape (height, width, 1).
    """
    far = np.abs(pixels.astype(np.float32) - colour.astype(np.float32)).max(-1, keepdims=True)
    share: npt.NDArray[np.float32] = np.clip(far / _LIKE - 1, 0, 1)
    return share


def around(pixels: Pixels) -> Mask:
    """The paper that hangs together with the border, and the edges of the things."""
    is_thing = _differs(pixels, paper(pixels))
    size = _cell(pixels)
    height, width = pixels.shape[:2]
    rows, columns = -(-height // size), -(-width // size)
    wide = np.zeros((rows * size, columns * size), np.bool_)
    wide[:height, :width] = ~is_thing
    is_paper = np.pad(np.any(wide.reshape(rows, size, columns, size), axis=(1, 3)), 1, constant_values=True)
    around = _grown(next(part for part in _connected(is_paper)))[1:-1, 1:-1]
    return around.repeat(size, axis=0).repeat(size, axis=1)[:height, :width]


def _cell(pixels: Pixels) -> int:
    height, width = pixels.shape[:2]
    return max(1, int(min(height, width)) // _CELLS)


def _border(pixels: Pixels) -> Pixels:
    """All pixels of it, shape (n, 3)."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _differs(pixels: Pixels, colour: npt.NDArray[np.uint8]) -> Mask:
    differs: Mask = np.abs(pixels.astype(np.int16) - colour.astype(np.int16)).max(-1) > _LIKE
    return differs


def _grown(cells: Mask) -> Mask:
    """With the cells next to them."""
    around = np.pad(cells, 1)
    height, width = cells.shape
    shifts = ((row, column) for row in range(3) for column in range(3))
    grown: Mask = np.any([around[row : row + height, column : column + width] for row, column in shifts], axis=0)
    return grown


def _connected(cells: Mask) -> Iterator[Mask]:
    """The parts that hang together."""
    left = cells.copy()
    while left.any():
        part = np.zeros_like(left)
        part.flat[left.argmax()] = True
        size = 0
        while (count := int(part.sum())) > size:
            size, part = count, _grown(part) & left
        left &= ~part
        yield part
