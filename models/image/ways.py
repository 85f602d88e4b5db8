"""How each task is done: what the model is given, and what becomes of what it draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from models.errors import EngineFailed
from models.image import masks, outpainting
from models.image.canvas import Canvas, Mask, Pixels, check, check_size, resampled
from models.image.diffusion_model import Made
from models.image.scene import Making, Scene
from models.pictures import Extend, ImageOptions, ImageToImage, Inpaint, Instruct

if TYPE_CHECKING:
    from PIL.Image import Image

# Of noise: what is inside a mask has nothing to do with what was there.
_ALL = 1.0
# Along a seam, a window may be longer than the model's own side by this much, rather than be cut in two.
_LONGEST_WINDOW = 1.5


def new(scene: Scene, options: ImageOptions, seed: int) -> Making:
    """A new picture."""
    width, height = scene.canvas.shown(options.width, options.height)
    drawn_width, drawn_height = scene.canvas.drawn(width, height)
    made = yield from scene.draw("text", seed, width=drawn_width, height=drawn_height)
    return Made(resampled(made.pixels, width, height), made.is_withheld)


def anew(scene: Scene, task: ImageToImage, seed: int) -> Making:
    """The whole picture after the old one, of its size."""
    steps = scene.steps
    if int(steps * task.strength) < 1:  # so many of them are done; with none, the pipeline breaks
        steps = math.ceil(1 / task.strength) + 1
    picture = _at_drawing_size(scene, task.picture.pixels)
    made = yield from scene.draw("image", seed, image=picture, strength=task.strength, num_inference_steps=steps)
    return Made(resampled(made.pixels, task.picture.width, task.picture.height), made.is_withheld)


def instructed(scene: Scene, task: Instruct, seed: int) -> Making:
    """The picture as an instruction changes it, of its size."""
    picture = _at_drawing_size(scene, task.picture.pixels)
    made = yield from scene.draw("instruct", seed, image=picture)
    return Made(resampled(made.pixels, task.picture.width, task.picture.height), made.is_withheld)


def part(scene: Scene, task: Inpaint, mask: Mask, seed: int) -> Making:
    """The picture with what is inside the mask made anew."""
    return (yield from _painted_in(scene, task.picture.pixels, mask, seed))


def more(scene: Scene, task: Extend, seed: int) -> Making:
    """The picture with more on one side: window by window, outwards."""
    pixels, is_new = outpainting.padded(task.picture.pixels, task.side, task.pixels)
    known, is_left = pixels.copy(), is_new.copy()
    for window in extension(scene.canvas, task):
        place = (window.rows, window.columns)
        made = yield from _painted_in(scene, known[place], is_left[place], seed)
        if made.is_withheld:
            return Made(np.zeros_like(pixels), True)
        known[place] = made.pixels
        is_left[place] = False
    return Made(np.where(is_new[..., np.newaxis], known, pixels), False)


def extension(canvas: Canvas, task: Extend) -> list[outpainting.Window]:
    """The windows that `more` draws.

    Raises:
        EngineFailed: the picture would be too large.
    """
    is_upright = task.side in ("top", "bottom")
    width = task.picture.width + (0 if is_upright else task.pixels)
    height = task.picture.height + (task.pixels if is_upright else 0)
    check_size(width, height)
    own = canvas.shown_side
    longest = own if canvas.is_fixed else round(_LONGEST_WINDOW * own)
    return list(outpainting.windows((height, width), task.side, task.pixels, own, longest))


def checked_mask(task: Inpaint, mask: Mask) -> Mask:
    """
    Raises:
        EngineFailed: it is not of the picture's size, or nothing may change.
    """
    check(task.picture)
    if mask.shape != task.picture.pixels.shape[:2]:
        raise EngineFailed(f"the mask is of shape {mask.shape}, the picture of {task.picture.pixels.shape[:2]}")
    if not mask.any():
        raise EngineFailed("the mask is empty, so nothing of the picture may change")
    return mask


def _painted_in(scene: Scene, pixels: Pixels, mask: Mask, seed: int) -> Making:
    height, width = mask.shape
    drawn_width, drawn_height = scene.canvas.drawn(width, height)
    made = yield from scene.draw(
        "inpaint",
        seed,
        image=_at_drawing_size(scene, pixels),
        mask_image=image(masks.reduced(mask, drawn_width, drawn_height).astype(np.uint8) * 255),
        width=drawn_width,
        height=drawn_height,
        strength=_ALL,
    )
    if made.is_withheld:
        return Made(np.zeros_like(pixels), True)
    return Made(masks.pasted(resampled(made.pixels, width, height), pixels, mask), False)


def _at_drawing_size(scene: Scene, pixels: Pixels) -> Image:
    height, width = pixels.shape[:2]
    return image(resampled(pixels, *scene.canvas.drawn(width, height)))


def image(pixels: Pixels) -> Image:
    """As diffusers takes it."""
    from PIL import Image

    return Image.fromarray(pixels)
