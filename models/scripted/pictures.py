"""An image generator without weights: pictures of coloured squares, one pattern for each prompt and seed.

Like the other scripted engines it is deterministic and never waits itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import NothingKnown, OutOfMemory, PartNotFound
from models.pictures import (
    Add,
    DrawingStep,
    Drawn,
    Enlarge,
    Extend,
    ImageOptions,
    ImageTask,
    ImageToImage,
    Inpaint,
    Instruct,
    Picture,
    TextToImage,
    Walk,
)
from models.scripted.script import Script, check_pause, pause
from models.settings import read
from models.types import EngineSpec, Pause

# Squares of a pattern in each direction: 64 colours, so that two patterns are never alike by chance.
_SQUARES = 8


@dataclass(frozen=True, slots=True)
class ImageGeneratorOptions:
    """How it is drawn, and what goes wrong.

    Attributes:
        size: width and height in pixels, a multiple of 8, where the caller asks for none.
        steps: where the caller asks for none.
        pause_s: time that passes before each step.
        notes: what is said of each picture.
        unknown_words: prompts with one of these are refused as unknown.
        fail_on: the calls, counted from 1, that raise `EngineFailed`.
        out_of_memory_on: the calls that raise `OutOfMemory` at their second step.
        withhold_on: the calls whose pictures a safety checker withholds.
        unseen_parts: parts of pictures with one of these words are not found.
        left_out: what is said to be left out of each picture.
        instruct: it is said to have a model that changes pictures as it is told.
    """

    size: int = 64
    steps: int = 10
    pause_s: float = 0.0
    notes: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    fail_on: tuple[int, ...] = ()
    out_of_memory_on: tuple[int, ...] = ()
    withhold_on: tuple[int, ...] = ()
    unseen_parts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    instruct: bool = False

    def __post_init__(self) -> None:
        check_pause(self.pause_s)
        if self.size < _SQUARES or self.size % _SQUARES:
            raise ValueError(f"size = {self.size} is no multiple of {_SQUARES}")
        if self.steps < 1:
            raise ValueError(f"steps = {self.steps} is below 1")


class ScriptedImageGenerator:
    """Draws a pattern; a changed picture differs from the old one exactly where it may."""

    def __init__(self, spec: EngineSpec) -> None:
        self._options = read(ImageGeneratorOptions, spec.options, "options of the scripted image")
        self._script = Script((None,), self._options.fail_on)

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def make(self, task: ImageTask, options: ImageOptions) -> Iterator[DrawingStep | Drawn | Pause]:
        """Yields the steps, then all pictures.

        Raises:
            NothingKnown, PartNotFound, OutOfMemory, EngineFailed: the script says so.
        """
        self._script.next()
        call = self._script.calls
        prompt = _prompt(task)
        if known := set(prompt.lower().split()) & set(self._options.unknown_words):
            raise NothingKnown(f"the script knows nothing of {' '.join(sorted(known))}")
        if isinstance(task, Inpaint) and set(task.region.lower().split()) & set(self._options.unseen_parts):
            raise PartNotFound(f'the script says that "{task.region}" cannot be found in the picture')
        steps = options.steps or self._options.steps
        for step in range(1, steps + 1):
            yield from pause(self._options.pause_s)
            if step > 1 and call in self._options.out_of_memory_on:
                raise OutOfMemory(f"the script says that the memory runs out in call {call}")
            yield DrawingStep(step, steps, self._preview(prompt, options, step))
        is_withheld = call in self._options.withhold_on
        for index, (seed, pixels) in enumerate(self._pictures(task, options)):
            picture = Picture(np.zeros_like(pixels) if is_withheld else pixels)
            yield Drawn(picture, index, seed, prompt, steps, self._options.notes, self._options.left_out, is_withheld)

    def _preview(self, prompt: str, options: ImageOptions, step: int) -> Picture | None:
        if not options.preview_every or step % options.preview_every:
            return None
        return Picture(_pattern(prompt, options.seed, _SQUARES, _SQUARES))

    def _pictures(self, task: ImageTask, options: ImageOptions) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """The seed and the pixels of each."""
        width, height = (length or self._options.size for length in (options.width, options.height))
        if isinstance(task, Walk):
            first = _pattern(task.prompt, options.seed, width, height).astype(float)
            last = _pattern(task.prompt_to, task.seed_to, width, height).astype(float)
            for part in np.linspace(0, 1, task.frames):
                yield options.seed, (first + part * (last - first)).astype(np.uint8)
            return
        for seed in range(options.seed, options.seed + options.count):
            if isinstance(task, TextToImage):
                yield seed, _pattern(task.prompt, seed, width, height)
            else:
                yield seed, _changed(task, seed)


def _prompt(task: ImageTask) -> str:
    match task:
        case Enlarge():
            return ""
        case Instruct():
            return task.instruction
    return task.prompt


def _changed(task: ImageToImage | Add | Inpaint | Extend | Enlarge | Instruct, seed: int) -> npt.NDArray[np.uint8]:
    """The pixels of a task that has a picture already."""
    old = task.picture.pixels
    if isinstance(task, Enlarge):
        return old.repeat(2, axis=0).repeat(2, axis=1)
    if isinstance(task, Extend):
        return _extended(task, seed)
    new = _pattern(_prompt(task), seed, task.picture.width, task.picture.height)
    if not isinstance(task, Inpaint):
        return new
    mask = task.mask
    if mask is None:  # whatever the region is called, it is the left half
        mask = np.arange(task.picture.width)[np.newaxis, :] < task.picture.width // 2
    return np.where(mask[..., np.newaxis], new, old)


def _extended(task: Extend, seed: int) -> npt.NDArray[np.uint8]:
    old = task.picture.pixels
    axis = 1 if task.side in ("left", "right") else 0
    width, height = (task.pixels, task.picture.height) if axis else (task.picture.width, task.pixels)
    new = _pattern(task.prompt, seed, width, height)
    return np.concatenate([new, old] if task.side in ("left", "top") else [old, new], axis=axis)


def _pattern(prompt: str, seed: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    digest = hashlib.sha256(f"{seed} {prompt}".encode()).digest()
    squares = np.random.default_rng(list(digest)).integers(0, 256, (_SQUARES, _SQUARES, 3), np.uint8)
    rows, columns = (np.arange(length) * _SQUARES // length for length in (height, width))
    return squares[rows][:, columns]
