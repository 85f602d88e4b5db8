"""Pictures of several things, each of which the model draws by itself: put beside and upon one another on paper."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from models.image import paper
from models.image.canvas import Canvas, Pixels, resampled
from models.image.groups import NUMBERS, Group, Pair, Things, alone, kinds
from models.image.known_words import plural
from models.image.mood import in_words, lit
from models.pictures import ALIKE_NOTE, SKETCH_NOTE, DrawingStep, Drawn, ImageOptions, Picture

Draw: TypeAlias = Callable[[str, ImageOptions], Iterator[DrawingStep | Drawn]]

_WHITE = 255
_ARTICLE = re.compile(r"^an? ")
# Around each of several things, of the room that it has: with less paper between them they would hang together.
_MARGIN = 1 / 16
# How far what stands on something reaches into it, of the picture: without that it would hover.
_SUNK = 0.04
# Of the picture, for each of two things that are upon one another, where there is room.
_LARGEST = 0.72


@dataclass(frozen=True, slots=True)
class _Box:
    """Where the things are in a square picture: rows and columns, the last ones not included."""

    top: int
    bottom: int
    left: int
    right: int


def drawn_together(group: Group, options: ImageOptions, canvas: Canvas, draw: Draw) -> Iterator[DrawingStep | Drawn]:
    """
    Args:
        canvas: of the model.
        draw: makes a picture of one thing, or the frames of a film of it; of each thing equally many.
    """
    each = kinds(group)
    mood = next((things.wanted.mood for things in each if things.wanted.mood), "")
    notes = dict.fromkeys(note for things in each for note in things.wanted.notes)
    if options.count > 1:
        notes[ALIKE_NOTE] = None
    left_out = dict.fromkeys(words for things in each for words in things.wanted.left_out)
    size = canvas.shown(options.width, options.height)
    for index in range(options.count):
        films = yield from _each(each, replace(options, seed=options.seed + index, count=1, width=0, height=0), draw)
        for frame, one in enumerate(next(iter(films.values()))):
            drawn = {text: film[frame] for text, film in films.items()}
            pixels = _arranged(group, drawn)
            pixels = resampled(lit(pixels, mood) if mood else pixels, *size)
            told = f"{_told(group, drawn)} {in_words(mood)}" if mood else _told(group, drawn)
            said = (*notes, SKETCH_NOTE)
            yield Drawn(Picture(pixels), index + frame, one.seed, told, one.steps, said, tuple(left_out))


def _each(
    group: Sequence[Things], options: ImageOptions, draw: Draw
) -> Generator[DrawingStep, None, Mapping[str, Sequence[Drawn]]]:
    """What is drawn of each, by what it was asked for by; the steps are counted through."""
    films: dict[str, list[Drawn]] = {text: [] for text in map(alone, group)}
    for number, (text, film) in enumerate(films.items()):
        for item in draw(text, options):
            if isinstance(item, Drawn):
                film.append(item)
            else:
                yield replace(item, step=number * item.steps + item.step, steps=len(films) * item.steps)
    return films


def _told(group: Group, drawn: Mapping[str, Drawn]) -> str:
    """What can be seen: "two cats and a dog"."""
    if isinstance(group, Pair):
        first, second = (_told(part, drawn) for part in (group.first, group.second))
        return f"{first}, {second}" if group.joint == "," else f"{first} {group.joint} {second}"
    one = drawn[alone(group)].prompt
    return one if group.count == 1 else f"{NUMBERS[group.count]} {plural(_ARTICLE.sub('', one))}"


def _arranged(group: Group, drawn: Mapping[str, Drawn]) -> Pixels:
    """A square picture of all of it."""
    if isinstance(group, Pair) and group.way != "beside":
        first, second = (_arranged(part, drawn) for part in (group.first, group.second))
        return _upon(first, second) if group.way == "above" else _upon(second, first)
    cells = list(_cells(group, drawn))
    return cells[0] if len(cells) == 1 else _beside(cells)


def _cells(group: Group, drawn: Mapping[str, Drawn]) -> Iterator[Pixels]:
    """What is put side by side; of several of the same, every second one looks the other way."""
    match group:
        case Things():
            pixels = drawn[alone(group)].picture.pixels
            for number in range(group.count):
                yield pixels[:, ::-1] if number % 2 else pixels
        case Pair(way="beside"):
            yield from _cells(group.first, drawn)
            yield from _cells(group.second, drawn)
        case _:
            yield _arranged(group, drawn)


def _beside(cells: Sequence[Pixels]) -> Pixels:
    """In rows of equal length, the last one in the middle."""
    side = len(cells[0])
    columns = math.ceil(math.sqrt(len(cells)))
    rows = -(-len(cells) // columns)
    room = side // columns
    gap = round(room * _MARGIN)
    done = np.full((side, side, 3), _WHITE, np.uint8)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        in_row = min(columns, len(cells) - row * columns)
        top = (side - rows * room) // 2 + row * room
        left = (side - in_row * room) // 2 + column * room
        done = paper.put(cell, done, (top + gap, left + gap, room - 2 * gap))
    return done


def _upon(above: Pixels, below: Pixels) -> Pixels:
    """One on the other, as large as there is room."""
    side = len(above)
    boxes = [_box(pixels) for pixels in (below, above)]
    share = min(_LARGEST, side / sum(box.bottom - box.top for box in boxes))
    sunk = round(_SUNK * side)
    height = share * sum(box.bottom - box.top for box in boxes) - sunk
    floor = (side + height) / 2
    # The squares that the things stand in may reach beyond the picture, although the things do not.
    done = np.full((2 * side, 2 * side, 3), _WHITE, np.uint8)
    for pixels, box in zip((below, above), boxes, strict=True):
        top, left = floor - share * box.bottom, side / 2 - share * (box.left + box.right) / 2
        done = paper.put(pixels, done, (round(top) + side // 2, round(left) + side // 2, round(share * side)))
        floor += sunk - share * (box.bottom - box.top)
    return done[side // 2 : side // 2 + side, side // 2 : side // 2 + side]


def _box(pixels: Pixels) -> _Box:
    """Around the things; all of the picture where there are none."""
    is_thing = paper.share_of_things(pixels, paper.paper(pixels))[..., 0] > 1 / 2
    if not is_thing.any():
        return _Box(0, len(pixels), 0, len(pixels))
    rows, columns = (np.flatnonzero(is_thing.any(axis)) for axis in (1, 0))
    return _Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
