"""A colour that a model does not know, given to what it has drawn. Pure; for pictures of one thing on white."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.image.canvas import Pixels

# Names as they stand in prompts -> RGB in [0, 1], as they are used in pictures for children.
COLOURS: Mapping[str, tuple[float, float, float]] = {
    "red": (0.86, 0.16, 0.16),
    "orange": (0.96, 0.55, 0.12),
    "yellow": (0.97, 0.82, 0.18),
    "green": (0.25, 0.65, 0.25),
    "turquoise": (0.2, 0.75, 0.72),
    "blue": (0.2, 0.42, 0.85),
    "purple": (0.52, 0.27, 0.72),
    "violet": (0.52, 0.27, 0.72),
    "pink": (0.96, 0.5, 0.69),
    "brown": (0.5, 0.33, 0.2),
    "black": (0.16, 0.16, 0.17),
    "grey": (0.55, 0.55, 0.56),
    "silver": (0.72, 0.73, 0.76),
    "gold": (0.85, 0.66, 0.2),
}
# Shares of red, green and blue in how light a colour looks (ITU-R BT.709).
_LIGHTNESS = (0.2126, 0.7152, 0.0722)
# The background; what a model draws as white is never quite that.
_WHITE = 0.94
# What is darker or lighter than this in the middle would lose all its shades.
_MIDDLE = (0.2, 0.85)


def colour_left_out(left_out: Sequence[str]) -> str:
    """The colour at the end of the first stretch that was left out, which stands before the thing itself; "": none.

    Args:
        left_out: stretches of a prompt, such as ("my pink", "with a red hat").
    """
    last = left_out[0].split()[-1] if left_out and left_out[0].split() else ""
    return last if last in COLOURS else ""


def tinted(pixels: Pixels, colour: str) -> Pixels:
    """The same lights and shades in one colour: black stays black and white stays white.

    Args:
        pixels: RGB, shape (height, width, 3).
        colour: one of COLOURS.
    """
    light = (pixels.astype(np.float32) / 255) @ np.array(_LIGHTNESS, np.float32)
    thing = light[light < _WHITE]
    if not thing.size:
        return pixels
    middle = float(np.clip(np.median(thing), *_MIDDLE))
    rgb = np.array(COLOURS[colour], np.float32)
    light = light[..., np.newaxis]
    darker = rgb * (light / middle)
    lighter = rgb + (1 - rgb) * (light - middle) / (1 - middle)
    coloured = np.where(light < middle, darker, lighter)
    return (coloured.clip(0, 1) * 255).round().astype(np.uint8)
