"""Speech of which a recogniser writes nothing is heard again, alone; what has words is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.captions.heard_window import HeardWindow
from assistant.captions.left_out import with_left_out
from assistant.captions.windows import Window
from models.types import Audio, Segment, Word
from models.vad.speech_spans import Span

RATE_HZ = 16_000


def heard(window: Window, *words_s: tuple[float, float], language: str = "en") -> HeardWindow:
    """With words at these times of the recording."""
    sound = Audio(np.zeros(round((window.end_s - window.start_s) * RATE_HZ), np.float32), RATE_HZ)
    words = tuple(Word("word", start_s - window.start_s, end_s - window.start_s, 0.9) for start_s, end_s in words_s)
    return HeardWindow(window, sound, (Segment("word", 0.0, 1.0, language, words),))


def spread(start_s: float, end_s: float) -> list[tuple[float, float]]:
    return [(second / 2, second / 2 + 0.5) for second in range(round(start_s * 2), round(end_s * 2))]


class Ears:
    """Writes words for all of a window, or for its first three seconds."""

    def __init__(self, only_s: float = 100.0) -> None:
        self.asked: list[tuple[Window, str | None]] = []
        self._only_s = only_s

    async def hear(self, windows: Sequence[tuple[Window, Audio]], language: str | None) -> list[HeardWindow]:
        self.asked += [(window, language) for window, _ in windows]
        for window, sound in windows:
            assert sound.duration_s == pytest.approx(window.end_s - window.start_s, abs=0.001)
        return [
            heard(window, *spread(window.start_s, min(window.end_s, window.start_s + self._only_s)))
            for window, _ in windows
        ]

    def spans(self) -> list[tuple[float, float]]:
        return [tuple(span) for window, _ in self.asked for span in window.spans]


TALK = Window(9.8, 23.2, (Span(10.0, 14.0), Span(15.0, 18.0), Span(19.0, 23.0)))


@pytest.mark.parametrize(
    ("words_s", "again"),
    [
        ([*spread(10, 14), *spread(15, 18), *spread(19, 23)], []),
        ([*spread(10, 14), *spread(15, 18)], [(19.0, 23.0)]),
        ([*spread(15, 18), *spread(19, 23)], [(10.0, 14.0)]),
        ([*spread(10, 14), *spread(19, 23)], [(15.0, 18.0)]),
        ([*spread(10, 12), *spread(15, 18), *spread(19, 23)], [(12.0, 14.0)]),
        ([*spread(10, 13), *spread(15, 18), *spread(19, 22)], []),  # a second may be a laugh
        ([*spread(10, 14), (15.0, 23.0)], []),  # somebody sings
        ([*spread(10, 14), (14.5, 15.5), *spread(15.5, 18), *spread(19, 23)], []),
    ],
)
async def test_speech_without_words_is_heard_again(
    words_s: list[tuple[float, float]], again: list[tuple[float, float]]
) -> None:
    ears = Ears()
    found = await with_left_out(ears.hear, [heard(TALK, *words_s)], "fr")
    assert ears.spans() == again
    assert {language for _, language in ears.asked} <= {"fr"}
    assert [each.window.start_s for each in found] == sorted(each.window.start_s for each in found)


async def test_what_is_left_out_twice_is_heard_and_then_let_be() -> None:
    ears = Ears(only_s=3.0)
    long = Window(0.0, 12.2, (Span(0.2, 12.0),))
    found = await with_left_out(ears.hear, [heard(long, *spread(0.0, 3.0))], None)
    assert [window.spans[0].start_s for window, _ in ears.asked] == [3.0, 6.0]
    assert len(found) == 3
