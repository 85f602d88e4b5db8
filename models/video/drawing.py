"""Captions as pictures: white letters with a black outline, in the middle of the lower edge.

All is grey, so it is drawn into the luma plane alone and takes the colour out of the two chroma planes; no conversion
of colours touches the rest of the picture.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from models.errors import FontMissing, VideoError
from models.types import Samples
from models.video.fonts import Fitting, Fonts

if TYPE_CHECKING:
    from av import VideoFrame

# Of the picture's height: two lines leave nine tenths of it free. Of an upright picture the width is what is scarce: 24
# letters, as many as a line of one has at most, are about 13 times as wide as high.
_LETTER_HEIGHT = 1 / 19
_LETTER_WIDTH = 1 / 15

_LINE_SPACING = 1.25  # of the size of the letters
_OUTLINE = 1 / 11  # the same; seen on white, and not thick on black
_MARGIN = 0.05  # of the height and of the width: what a screen may cut off (EBU R 95)
_SMALLEST_PX = 8  # smaller letters cannot be read

_FULL_RANGE = 2  # AVCOL_RANGE_JPEG: black is 0 and white 255; else 16 and 235 (ITU-R BT.601)
_GREY = 128  # of a chroma plane: no colour


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is drawn over a part of a picture. The part begins at even coordinates and has even sides.

    Attributes:
        top, left: of the part, in pixels.
        black, white: how much of each pixel is outline, and letter; in [0, 1], shape (height, width).
    """

    top: int
    left: int
    black: Samples
    white: Samples


class Artist:
    """Draws captions for pictures of one size."""

    def __init__(self, width: int, height: int, rotation: int, language: str) -> None:
        """
        Args:
            width, height: of the stored picture; even.
            rotation: by how many degrees players turn it against the clock; a multiple of 90.
            language: ISO 639-1 code, for the choice of fonts.
        """
        self._turns = rotation // 90
        self._width, self._height = (height, width) if self._turns % 2 else (width, height)
        self._fonts = Fonts(language)

    def check(self, text: str) -> None:
        """Whether it can be drawn.

        Raises:
            FontMissing: no font has the letters, or none can be drawn from right to left.
            VideoError: a line is too long for the picture.
        """
        self._size_px(self._fitting(text))

    def drawn(self, text: str) -> Overlay:
        """
        Raises:
            FontMissing, VideoError: as `check`.
        """
        from PIL import Image, ImageDraw

        fitting = self._fitting(text)
        size_px = self._size_px(fitting)
        outline_px = max(1, round(size_px * _OUTLINE))
        lines = fitting.text.split("\n")
        spacing_px = round(size_px * _LINE_SPACING)
        canvas = (self._width, min(self._height, spacing_px * len(lines) + 4 * outline_px + size_px // 2))
        masks: list[Samples] = []
        for stroke_px in (outline_px, 0):
            mask = Image.new("L", canvas)
            draw = ImageDraw.Draw(mask)
            for number, line in enumerate(lines):
                middle = (self._width / 2, 2 * outline_px + (number + 0.5) * spacing_px)
                draw.text(middle, line, 255, fitting.face.at(size_px), anchor="mm", stroke_width=stroke_px)
            masks.append(np.asarray(mask, np.float32) / np.float32(255))
        all_of_it, white = masks
        return self._placed(all_of_it, white)

    def _fitting(self, text: str) -> Fitting:
        from PIL import features

        turns_back = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
        if turns_back and not features.check("raqm"):
            raise FontMissing("text from right to left needs the library FriBiDi; install libfribidi0")
        return self._fonts.fitting(text)

    def _size_px(self, fitting: Fitting) -> int:
        wished = max(_SMALLEST_PX, round(min(self._height * _LETTER_HEIGHT, self._width * _LETTER_WIDTH)))
        lines = fitting.text.split("\n")
        widest = max(fitting.face.at(wished).getlength(line) for line in lines) + 2 * wished * _OUTLINE
        highest = wished * _LINE_SPACING * (len(lines) + 0.5)
        room = 1 - 2 * _MARGIN
        size_px = int(wished * min(1, self._width * room / max(widest, 1), self._height * room / highest))
        if size_px < _SMALLEST_PX:
            raise VideoError(f"a picture of {self._width} x {self._height} has no room for {fitting.text[:60]!r}")
        return size_px

    def _placed(self, all_of_it: Samples, white: Samples) -> Overlay:
        """At its place in the stored picture, cut to what is drawn."""
        black = np.clip(all_of_it - white, 0, 1)
        bottom = self._height - round(self._height * _MARGIN)
        layers = np.zeros((2, self._height, self._width), np.float32)
        top = max(0, bottom - black.shape[0])
        layers[:, top:bottom] = np.stack([black, white])[:, -(bottom - top) :]
        layers = np.rot90(layers, -self._turns, axes=(1, 2))
        rows, columns = (np.flatnonzero(layers.any(axis=axes)) for axes in ((0, 2), (0, 1)))
        if not len(rows):  # symbols that no font has, and nothing else
            return Overlay(0, 0, np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32))
        (top, below), (left, right) = (_even(indices[0], indices[-1] + 1) for indices in (rows, columns))
        black, white = np.ascontiguousarray(layers[:, top:below, left:right])
        return Overlay(top, left, black, white)


def _even(first: int, end: int) -> tuple[int, int]:
    return int(first) // 2 * 2, -(-int(end) // 2) * 2


def drawn_on(frame: VideoFrame, overlay: Overlay) -> VideoFrame:
    """A copy of the frame with the overlay.

    Args:
        frame: yuv420p, with even sides, and large enough for the overlay.
    """
    import av

    planes = cast(npt.NDArray[np.uint8], frame.to_ndarray())
    flat, pixels = planes.reshape(-1), frame.width * frame.height
    luma = flat[:pixels].reshape(frame.height, frame.width)
    chroma = flat[pixels:].reshape(2, frame.height // 2, frame.width // 2)

    black, white = (0, 255) if frame.color_range == _FULL_RANGE else (16, 235)
    free = 1 - overlay.black - overlay.white
    rows, columns = free.shape
    part = luma[overlay.top : overlay.top + rows, overlay.left : overlay.left + columns]
    part[:] = np.rint(part * free + black * overlay.black + white * overlay.white)

    free = free.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    top, left = overlay.top // 2, overlay.left // 2
    part = chroma[:, top : top + rows // 2, left : left + columns // 2]
    part[:] = np.rint(part * free + _GREY * (1 - free))

    drawn = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    _copy_description(frame, drawn)
    return drawn


def _copy_description(source: VideoFrame, target: VideoFrame) -> None:
    """When a frame is shown, and what its numbers mean in colours."""
    target.pts, target.time_base = source.pts, source.time_base
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        setattr(target, name, getattr(source, name))
