"""How pictures of the built-in model are changed: things on plain paper, which it can find by their looks.

It has drawn single things and cannot paint into a picture without a seam. But it knows all that it has learnt by sight,
and paper has no seam: what is added is drawn by itself and put where there is room, what is removed leaves paper.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from models.errors import NothingKnown, PartNotFound
from models.image import outpainting, paper
from models.image.canvas import Mask, Pixels, check, check_size, resampled
from models.image.groups import grouped
from models.image.known_words import reduce
from models.image.mood import in_words, lit
from models.image.prompts import LIGHT_NOTE, wanted
from models.image.retrieval import learnt, thumbnail
from models.image.tint import COLOURS, tinted
from models.image.ways import checked_mask
from models.pictures import (
    EMPTY,
    SKETCH_NOTE,
    Add,
    DrawingStep,
    Drawn,
    Extend,
    ImageOptions,
    ImageToImage,
    Inpaint,
    Picture,
    TextToImage,
)

Draw: TypeAlias = Callable[[TextToImage, ImageOptions], Iterator[DrawingStep | Drawn]]

# Of the thousand things that the model has learnt, so many may look more like it than what it is said to be. Of 76
# things, half of them tinted, 75 looked most like themselves, and none like another that was asked for, 1,156 times.
_LOOKS_LIKE = 1
# Pictures are compared after they were brought to this side.
_SIDE = 64
# Before a style, in a prompt: "a house, oil painting".
_STYLED = ", "
# Names of it, as they end what is said.
_PAPER = (["background"], ["sky"], ["paper"])


@dataclass(frozen=True, slots=True)
class _Changed:
    """What `Drawn` says of it; `steps` is 0 where nothing had to be drawn."""

    pixels: Pixels
    prompt: str
    steps: int = 0
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = (SKETCH_NOTE,)


_Changing: TypeAlias = Generator[DrawingStep, None, _Changed]


def can_change(task: Extend | Add | Inpaint | ImageToImage) -> bool:
    """Whether the task is about things on plain paper, and not about the picture as a whole.

    Raises:
        EngineFailed: what is to be changed is no picture.
        NothingKnown: the model knows nothing of what the picture is to show.
    """
    check(task.picture)
    if not paper.is_plain(task.picture.pixels):
        return False
    match task:
        case ImageToImage():
            return _mood(task) != "" or _is_beyond(task)
    return True


def changed(
    task: Extend | Add | Inpaint | ImageToImage, options: ImageOptions, draw: Draw
) -> Iterator[DrawingStep | Drawn]:
    """The picture, changed where it must be; every other pixel stays as it was.

    Args:
        task: one that it can do.
        draw: makes a new picture of one thing.

    Raises:
        PartNotFound: nothing in the picture looks like what is named.
        NothingKnown: what is to be there is not known.
    """
    for index in range(options.count):
        seed = options.seed + index
        match task:
            case Extend():
                done = _Changed(_more_paper(task.picture.pixels, task), task.prompt)
            case Add():
                done = yield from _added(task, options, seed, draw)
            case Inpaint():
                done = yield from _part(task, options, seed, draw)
            case ImageToImage():
                done = _whole(task)
        yield Drawn(Picture(done.pixels), index, seed, done.prompt, done.steps, done.notes, done.left_out)


def _mood(task: ImageToImage) -> str:
    return wanted(task.prompt, "tiny-sd", can_tint=True).mood


def _is_beyond(task: ImageToImage) -> bool:
    """Whether the model cannot draw it anew, as it draws single things: several, or one with more paper, restyled."""
    is_several = task.picture.width != task.picture.height or grouped(task.prompt.partition(_STYLED)[0]) is not None
    return is_several and (_STYLED in task.prompt or _colour(task.prompt) != "")


def _colour(prompt: str) -> str:
    return next((word for word in prompt.lower().split() if word in COLOURS), "")


def _whole(task: ImageToImage) -> _Changed:
    pixels = task.picture.pixels
    words = wanted(task.prompt, "tiny-sd", can_tint=True)
    if words.mood:
        shown = task.prompt.partition(_STYLED)[0]
        before = wanted(shown, "tiny-sd", can_tint=True).mood
        shown = shown.replace(f" {in_words(before)}", "") if before else shown
        head, joint, rest = shown.partition(" with ")
        prompt = f"{head} {in_words(words.mood)}{joint}{rest}"
        return _Changed(lit(pixels, words.mood), prompt, notes=(LIGHT_NOTE.format(words.mood), SKETCH_NOTE))
    if _STYLED in task.prompt:
        raise NothingKnown("the built-in model cannot change the style of a picture of several things")
    return _Changed(tinted(pixels, _colour(task.prompt)), task.prompt)


def find(pixels: Pixels, words: str) -> Mask:
    """Where the thing is that the words name; shape (height, width).

    Raises:
        PartNotFound: nothing looks like it.
    """
    parts = paper.things(pixels)
    try:
        noun = reduce(words).prompt.split()[-1]
    except NothingKnown:
        noun = ""
    if len(parts) > 1:
        parts.append(np.any(parts, axis=0))  # a cloud and its drops are one thing
    ranks = [_rank(pixels, part, noun) for part in parts] if noun else []
    if min(ranks, default=_LOOKS_LIKE + 1) > _LOOKS_LIKE:
        raise PartNotFound(f'"{words}" cannot be found in the picture')
    return parts[ranks.index(min(ranks))]


def _rank(pixels: Pixels, mask: Mask, noun: str) -> int:
    """How many other things look more like what is inside the mask, by colours or, where it was tinted, by lights."""
    known = learnt()
    seen = thumbnail(resampled(paper.cut_out(pixels, mask), _SIDE, _SIDE))
    is_meant = np.array([any(name.split()[-1] == noun for name in names) for names in known.names])
    if not is_meant.any():
        return len(is_meant)
    colours = ((known.thumbnails - seen) ** 2).sum((1, 2, 3))
    lights = ((known.thumbnails.mean(-1) - seen.mean(-1)) ** 2).sum((1, 2))
    return min(int((far[~is_meant] < far[is_meant].min()).sum()) for far in (colours, lights))


def _more_paper(pixels: Pixels, task: Extend) -> Pixels:
    is_upright = task.side in ("top", "bottom")
    check_size(pixels.shape[1] + (0 if is_upright else task.pixels), pixels.shape[0] + is_upright * task.pixels)
    wide, is_new = outpainting.padded(pixels, task.side, task.pixels)
    return np.where(is_new[..., np.newaxis], paper.paper(pixels), wide)


def _added(task: Add, options: ImageOptions, seed: int, draw: Draw) -> _Changing:
    pixels = task.picture.pixels
    place = paper.room(pixels)
    if place is None:  # as much paper more as the picture is high
        height, width = pixels.shape[:2]
        pixels = _more_paper(pixels, Extend("", task.picture, "right", height))
        place = (0, width, height)
    drawn = yield from _one(task.thing, options, seed, draw)
    prompt = replace(task, thing=drawn.prompt).prompt if drawn.left_out else task.prompt
    new = paper.put(drawn.picture.pixels, pixels, place)
    return _Changed(new, prompt, drawn.steps, drawn.left_out, drawn.notes)


def _part(task: Inpaint, options: ImageOptions, seed: int, draw: Draw) -> _Changing:
    pixels = task.picture.pixels
    colour = _colour(task.prompt)
    if colour and task.mask is None and task.region.lower().split()[-1:] in _PAPER:
        return _Changed(paper.coloured(pixels, COLOURS[colour]), task.prompt)
    mask = find(pixels, task.region) if task.mask is None else checked_mask(task, task.mask)
    if task.prompt == EMPTY:
        return _Changed(paper.cleared(pixels, mask), task.prompt)
    if colour and task.region and task.region.lower().split()[-1] in task.prompt.lower().split():
        share = np.where(mask[..., np.newaxis], paper.share_of_things(pixels, paper.paper(pixels)), 0)
        return _Changed((share * tinted(pixels, colour) + (1 - share) * pixels).round().astype(np.uint8), task.prompt)
    drawn = yield from _one(task.prompt, options, seed, draw)
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    side = min(int(rows[-1] - rows[0]), int(columns[-1] - columns[0])) + 1
    place = (int(rows[0] + rows[-1] + 1 - side) // 2, int(columns[0] + columns[-1] + 1 - side) // 2, side)
    done = paper.put(drawn.picture.pixels, paper.cleared(pixels, mask), place)
    new = np.where(mask[..., np.newaxis], done, pixels)
    return _Changed(new, drawn.prompt, drawn.steps, drawn.left_out, drawn.notes)


def _one(thing: str, options: ImageOptions, seed: int, draw: Draw) -> Generator[DrawingStep, None, Drawn]:
    """Draws one thing, and returns it."""
    single = replace(options, seed=seed, count=1, width=0, height=0)
    for item in draw(TextToImage(thing), single):
        if isinstance(item, Drawn):
            return item
        yield item
    raise AssertionError("an engine yields a picture for each that is asked for")
