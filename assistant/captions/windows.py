"""Speech packed into windows that the engine hears at once: whole stretches of speech with their real pauses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.audio.quiet import quietest_s
from models.types import Audio
from models.vad.speech_spans import Span


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a recording, in seconds from its start.

    Attributes:
        start_s, end_s: with some room around the speech, of which no two windows share any.
        spans: the speech in it, at least one.
    """

    start_s: float
    end_s: float
    spans: tuple[Span, ...]

    @property
    def speech_s(self) -> float:
        """How long somebody speaks in it."""
        return sum(span.end_s - span.start_s for span in self.spans)


@dataclass(frozen=True, slots=True)
class WindowRules:
    """How speech is packed.

    Attributes:
        longest_s: from the first speech of a window to its last. Whisper hears 30 s at once and wants 2 s of silence
            behind the speech, but without time stamps the base model leaves out sentences of windows of 28 s: in 12
            minutes 6.5 % of the words were wrong, with 14 s 2.6 %. Two short ones are also decoded at once.
        pause_s: a longer one ends a window: it costs time to hear, and other things may follow it.
        cut_within: a full window ends at the longest pause in this last part of it, so that sentences stay whole.
        room_s: before and behind the speech. Whisper misses a first word that begins with the sound.
    """

    longest_s: float = 14.0
    pause_s: float = 2.0
    cut_within: float = 0.5
    room_s: float = 0.2


def without_long(spans: Iterable[Span], audio: Audio, longest_s: float) -> Iterator[Span]:
    """Cuts spans that are longer, each time at the quietest moment of the second half of what may be."""
    for span in spans:
        start_s = span.start_s
        while span.end_s - start_s > longest_s:
            end_s = quietest_s(audio, start_s + longest_s / 2, start_s + longest_s)
            yield Span(start_s, end_s)
            start_s = end_s
        yield Span(start_s, span.end_s)


def packed(spans: Iterable[Span], rules: WindowRules) -> Iterator[Window]:
    """
    Args:
        spans: in order; none longer than `longest_s`.

    Returns:
        Windows in order.
    """
    waiting: list[Span] = []
    free_s = 0.0  # what is before belongs to other windows
    for span in spans:
        while waiting and not _fits(waiting, span, rules):
            n_spans = _cut(waiting, span, rules)
            window = _window(waiting[:n_spans], free_s, [*waiting, span][n_spans].start_s, rules)
            free_s, waiting = window.end_s, waiting[n_spans:]
            yield window
        waiting.append(span)
    if waiting:
        yield _window(waiting, free_s, waiting[-1].end_s + 2 * rules.room_s, rules)


def _fits(waiting: Sequence[Span], span: Span, rules: WindowRules) -> bool:
    return span.start_s - waiting[-1].end_s <= rules.pause_s and span.end_s - waiting[0].start_s <= rules.longest_s


def _cut(waiting: Sequence[Span], following: Span, rules: WindowRules) -> int:
    """How many of the spans make up the window."""
    spans = [*waiting, following]
    pauses_s = {n: spans[n].start_s - spans[n - 1].end_s for n in range(1, len(spans))}
    if pauses_s[len(waiting)] > rules.pause_s:
        return len(waiting)
    earliest_s = waiting[0].start_s + (1 - rules.cut_within) * rules.longest_s
    late = [n for n in pauses_s if spans[n - 1].end_s >= earliest_s]
    return max(late or [len(waiting)], key=lambda n: (pauses_s[n], n))


def _window(spans: Sequence[Span], free_s: float, next_s: float, rules: WindowRules) -> Window:
    """With half of the pause to the next speech at most: the other half is the next window's."""
    start_s = max(free_s, spans[0].start_s - rules.room_s)
    end_s = spans[-1].end_s + min(rules.room_s, max(0.0, next_s - spans[-1].end_s) / 2)
    return Window(start_s, end_s, tuple(spans))
