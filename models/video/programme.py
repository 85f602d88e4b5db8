"""Which caption is shown when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from models.video.caption import in_order
from models.video.drawing import Artist, Overlay


class Programme:
    """Captions in their order. The picture of the latest one is kept: many frames show it."""

    def __init__(self, artist: Artist, captions: Sequence[tuple[float, float, str]], begin_s: float) -> None:
        """
        Args:
            artist: draws them.
            captions: (start, end, text) each, in seconds from the start of the sound.
            begin_s: when that is, on the clock of the picture.

        Raises:
            FontMissing, VideoError: one of them cannot be drawn.
        """
        self._artist = artist
        self._begin_s = begin_s
        self._captions = in_order(captions)
        self._starts = [caption.start_s for caption in self._captions]
        self._drawn: tuple[int, Overlay] | None = None
        for caption in self._captions:
            artist.check(caption.text)

    def at(self, time_s: float) -> Overlay | None:
        """What is shown then, on the clock of the picture; None for nothing."""
        now_s = time_s - self._begin_s
        index = bisect_right(self._starts, now_s) - 1
        if index < 0 or now_s >= self._captions[index].end_s:
            return None
        if self._drawn is None or self._drawn[0] != index:
            self._drawn = index, self._artist.drawn(self._captions[index].text)
        return self._drawn[1]
