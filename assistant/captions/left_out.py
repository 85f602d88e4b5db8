"""Speech that a recogniser left out of a window, to be heard again alone.

Where a window holds two speakers, two languages, or the same sentence twice, Whisper may end its text with the first of
them, and be as sure of its words as ever. Only the voice activity detector knows that more was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.captions.heard_window import Hear, HeardWindow
from assistant.captions.windows import Window, WindowRules, packed
from models.types import Audio
from models.vad.speech_spans import Span

# Speech without words that is shorter may be a breath, a laugh or a word whose time is not known well: four words take
# as long.
_LEFT_OUT_S = 1.5
# Of what is heard again something may be left out again: a third speaker.
_ROUNDS = 2


async def with_left_out(hear: Hear, heard: Sequence[HeardWindow], language: str | None) -> list[HeardWindow]:
    """The windows, and those parts of them of which no word was written, in order of time.

    Args:
        language: in which they are heard; None: each in its likeliest.
    """
    found, latest = list(heard), list(heard)
    for _ in range(_ROUNDS):
        latest = await hear([part for each in latest for part in _left_out(each)], language)
        found += latest
    return sorted(found, key=lambda each: each.window.start_s)


def _left_out(heard: HeardWindow) -> list[tuple[Window, Audio]]:
    """What was said in the window and is in none of its words; mostly nothing."""
    return [heard.part(window) for window in packed(_without_words(heard), WindowRules())]


def _without_words(heard: HeardWindow) -> Iterator[Span]:
    """The stretches of speech in which no word lies, with times from the start of the recording."""
    offset_s = heard.window.start_s
    words = [word for segment in heard.segments for word in segment.words]
    for span in heard.window.spans:
        free_s = span.start_s
        for word in words:
            start_s, end_s = word.start_s + offset_s, word.end_s + offset_s
            if end_s <= free_s or start_s >= span.end_s:
                continue
            if start_s - free_s >= _LEFT_OUT_S:
                yield Span(free_s, start_s)
            free_s = end_s
        if span.end_s - free_s >= _LEFT_OUT_S:
            yield Span(free_s, span.end_s)
