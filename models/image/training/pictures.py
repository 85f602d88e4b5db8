"""An emoji as a picture of 64 x 64 pixels, in its own colours or in others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import ImageFont

Pixels = npt.NDArray[np.uint8]
Premultiplied = npt.NDArray[np.float32]
"""Shape (height, width, 4), RGB in [0, 255] already multiplied by alpha in [0, 255]."""

SIZE = 64
_FIT = 60  # of the 64 pixels, so that nothing touches the edge
_FONT_PX = 109  # the only size that Noto Color Emoji holds bitmaps of
_SMALLEST_PX = 100  # what is smaller in the font stays smaller in the picture
# Hue in turns of the colour circle.
HUES: Mapping[str, float] = {
    "red": 0.0,
    "orange": 0.075,
    "yellow": 0.14,
    "green": 0.34,
    "blue": 0.6,
    "purple": 0.77,
    "pink": 0.91,
}
_SAME_HUE = 0.035  # nearer than this, a recoloured picture would be the original
_HUE_SPREAD = 0.09  # what lies this near to the main hue is the coloured surface; the rest (wheels, leaves) stays
_HUE_BINS = 36
# Where no hue prevails, surfaces from mid-grey to white get this saturation; black eyes and outlines stay black.
_GREYEST = 0.4
_BLACK = 0.3
_TINT = 0.65


def open_font(path: Path) -> ImageFont.FreeTypeFont:
    """The font, ready to draw.

    Raises:
        OSError: there is no such file, or it is not a font with colour bitmaps of 109 px.
    """
    from PIL import ImageFont

    return ImageFont.truetype(path, _FONT_PX)


def render(emoji: str, font: ImageFont.FreeTypeFont) -> Premultiplied:
    """The emoji in the middle of an empty square.

    Raises:
        ValueError: the font lacks it.
    """
    from PIL import Image, ImageDraw

    canvas = Image.new("RGBA", (3 * _FONT_PX, 2 * _FONT_PX), (255, 255, 255, 0))
    ImageDraw.Draw(canvas).text((20, 20), emoji, font=font, embedded_color=True)
    box = canvas.getbbox()
    if box is None or box[2] - box[0] > 1.3 * _FONT_PX:  # nothing, or the parts of it side by side
        raise ValueError(f"the font has no {emoji}")
    drawn = canvas.crop(box)
    scale = _FIT / max(*drawn.size, _SMALLEST_PX)
    size = (max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale)))
    rgba = np.asarray(drawn).astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255  # resampled like this, no dark fringe appears at the edge
    channels = [Image.fromarray(rgba[..., i]).resize(size, Image.Resampling.LANCZOS) for i in range(4)]
    square = np.zeros((SIZE, SIZE, 4), np.float32)
    top, left = (SIZE - size[1]) // 2, (SIZE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = np.stack([np.asarray(c) for c in channels], -1)
    return square


def on_white(picture: Premultiplied) -> Pixels:
    """Shape (64, 64, 3)."""
    white: Pixels = np.clip(picture[..., :3] + 255 - picture[..., 3:], 0, 255).astype(np.uint8)
    return white


def main_hue(picture: Premultiplied) -> float | None:
    """The hue of the coloured surface in turns; None where no hue prevails."""
    hsv = _hsv(picture)
    weight = hsv[..., 1] * hsv[..., 2] * picture[..., 3] / 255 * (hsv[..., 1] > 0.3)
    if weight.sum() < 60:  # of 4,096 pixels
        return None
    bins = (hsv[..., 0] * _HUE_BINS).astype(int).ravel() % _HUE_BINS
    histogram = np.bincount(bins, weight.ravel(), _HUE_BINS)
    smooth = histogram + np.roll(histogram, 1) + np.roll(histogram, -1)
    peak = int(smooth.argmax())
    return (peak + 0.5) / _HUE_BINS if smooth[peak] >= 0.5 * histogram.sum() else None


def is_hue(hue: float, name: str) -> bool:
    """Whether people would call the hue by that name."""
    return abs((HUES[name] - hue + 0.5) % 1 - 0.5) < _SAME_HUE


def recolour(picture: Premultiplied, main: float | None, name: str) -> Premultiplied:
    """The same picture with its coloured surface in another hue.

    Args:
        picture: what `render` gave.
        main: what `main_hue` gave; None: its grey surface gets a colour, as an elephant's.
        name: key of `HUES`.
    """
    from PIL import Image

    hsv = _hsv(picture)
    new = hsv.copy()
    if main is None:
        surface = (hsv[..., 1] < _GREYEST) & (hsv[..., 2] > _BLACK) & (picture[..., 3] > 0)
        new[..., 0] = np.where(surface, HUES[name], hsv[..., 0])
        new[..., 1] = np.where(surface, _TINT, hsv[..., 1])
    else:
        distance = (hsv[..., 0] - main + 0.5) % 1 - 0.5
        surface = (np.abs(distance) < _HUE_SPREAD) & (hsv[..., 1] > 0.15)
        new[..., 0] = np.where(surface, (HUES[name] + distance * 0.5) % 1, hsv[..., 0])
    # Yellow is perceived as brown and pink as magenta unless they are bright, and pink pale.
    if name == "yellow":
        new[..., 2] = np.where(surface, np.clip(hsv[..., 2] * 1.15 + 0.05, 0, 1), hsv[..., 2])
    if name == "pink":
        new[..., 1] = np.where(surface, new[..., 1] * 0.65, hsv[..., 1])
        new[..., 2] = np.where(surface, np.clip(hsv[..., 2] * 1.1 + 0.08, 0, 1), hsv[..., 2])
    rgb = np.asarray(Image.frombytes("HSV", (SIZE, SIZE), (new * 255).astype(np.uint8).tobytes()).convert("RGB"))
    coloured = picture.copy()
    coloured[..., :3] = np.where(surface[..., None], rgb * picture[..., 3:] / 255, picture[..., :3])
    return coloured


def _hsv(picture: Premultiplied) -> npt.NDArray[np.float32]:
    from PIL import Image

    alpha = picture[..., 3:] / 255
    rgb = np.where(alpha > 0.02, picture[..., :3] / 255 / np.maximum(alpha, 0.02), 0).clip(0, 1)
    image = Image.fromarray((rgb * 255).astype(np.uint8)).convert("HSV")
    return np.asarray(image).astype(np.float32) / np.float32(255)
