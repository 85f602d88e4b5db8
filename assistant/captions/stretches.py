"""A file as stretches of at most a minute, each with the windows of speech in it. Blocks; for a thread of its own.

Each stretch is searched for speech as if the recording began there: what a stretch holds depends on nothing before it,
so a run that begins with it finds the same.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from assistant.captions.windows import Window, WindowRules, packed, without_long
from models.audio import SPEECH_RATE_HZ, read_blocks
from models.protocols import VoiceActivityDetector
from models.types import Audio, Samples
from models.vad.speech_spans import Span, speech_spans

# What is lost when the program is killed is at most the stretch that is being heard: a minute.
_LONGEST_S = 60.0
# The detector needs some frames to be sure; speech that begins this close to the end of a stretch is left to the next.
_UNSURE_S = 0.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    Attributes:
        start_s, end_s: in the recording.
        windows: with times in the recording, in order.
        sounds: of each window, at 16 kHz.
    """

    start_s: float
    end_s: float
    windows: tuple[Window, ...]
    sounds: tuple[Audio, ...]


def stretches(
    path: Path, detector: VoiceActivityDetector, from_s: float, stopping: threading.Event
) -> Generator[Stretch, None, None]:
    """Yields stretches without gaps between them; the last one ends with the recording.

    The sound before `from_s` is decoded and dropped, which takes a second or so for each hour: seeking would not find
    the exact sample in every format.

    Args:
        detector: used while the next stretch is made.
        from_s: the start of the recording, or the end of a stretch.
        stopping: ends it early.

    Raises:
        AudioError: the file cannot be read as sound; at the first stretch.
    """
    start = round(from_s * SPEECH_RATE_HZ)
    waiting = np.empty(0, np.float32)
    for piece in _pieces(path, start, stopping):
        waiting = np.concatenate([waiting, piece])
        while len(waiting) >= round(_LONGEST_S * SPEECH_RATE_HZ):
            size = round(_LONGEST_S * SPEECH_RATE_HZ)
            end, windows = _found(waiting[:size], detector, is_last=False)
            yield _stretch(start, waiting[:end], windows)
            start, waiting = start + end, waiting[end:]
    while len(waiting) and not stopping.is_set():
        end, windows = _found(waiting, detector, is_last=True)
        yield _stretch(start, waiting[:end], windows)
        start, waiting = start + end, waiting[end:]


def _pieces(path: Path, start: int, stopping: threading.Event) -> Iterator[Samples]:
    """What follows the sample `start`, in pieces of 10 s: joining seconds one by one would copy a minute each time."""
    for block in takewhile(lambda _: not stopping.is_set(), read_blocks(path, SPEECH_RATE_HZ, block_s=10.0)):
        dropped = min(start, len(block.samples))
        start -= dropped
        yield block.samples[dropped:]


def _found(samples: Samples, detector: VoiceActivityDetector, *, is_last: bool) -> tuple[int, list[Window]]:
    """The windows that are complete, with times from the first sample, and the sample up to which they go."""
    rules = WindowRules()
    audio = Audio(samples, SPEECH_RATE_HZ)
    spans = without_long(speech_spans(detector, [audio]), audio, rules.longest_s)
    windows = list(packed(spans, rules))
    if is_last:
        return len(samples), windows
    end_s = audio.duration_s - _UNSURE_S
    if windows and windows[-1].spans[-1].end_s + rules.pause_s > audio.duration_s:
        end_s = min(end_s, windows.pop().start_s)  # more may belong to it
    return round(end_s * SPEECH_RATE_HZ), windows


def _stretch(start: int, samples: Samples, windows: list[Window]) -> Stretch:
    """
    Args:
        start: sample of the recording.
        samples: of the stretch.
        windows: with times from the start of the stretch.
    """
    audio, start_s = Audio(samples, SPEECH_RATE_HZ), start / SPEECH_RATE_HZ
    return Stretch(
        start_s,
        start_s + audio.duration_s,
        tuple(_later(window, start_s) for window in windows),
        # Copies: the minute that they are cut from is not to be kept for them.
        tuple(Audio(audio.between(w.start_s, w.end_s).samples.copy(), SPEECH_RATE_HZ) for w in windows),
    )


def _later(window: Window, offset_s: float) -> Window:
    spans = tuple(Span(span.start_s + offset_s, span.end_s + offset_s) for span in window.spans)
    return Window(window.start_s + offset_s, window.end_s + offset_s, spans)
