"""Where somebody speaks in a recording. Times only: what to do with them (trim, cut, say that nothing was said) is the
caller's decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.audio.resampler import Resampler
from models.protocols import VoiceActivityDetector
from models.types import Audio


class Span(NamedTuple):
    """A stretch of speech, in seconds from the start of the recording."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SpanRules:
    """When speech begins and ends: the defaults of `get_speech_timestamps` in snakers4/silero-vad.

    Attributes:
        threshold: speech begins with a frame of at least this probability.
        release: it ends with frames below `threshold - release`.
        shortest_speech_s: a shorter span is a click.
        shortest_silence_s: a shorter pause does not end a span.
        margin_s: added on both sides.
    """

    threshold: float = 0.5
    release: float = 0.15
    shortest_speech_s: float = 0.25
    shortest_silence_s: float = 0.1
    margin_s: float = 0.03


def speech_spans(
    detector: VoiceActivityDetector, blocks: Iterable[Audio], rules: SpanRules | None = None
) -> Iterator[Span]:
    """Yields each span once its end is known, in order; they do not overlap.

    Args:
        detector: is reset first.
        blocks: a recording in one piece or many, all of one rate; it need not fit into memory.
        rules: None takes the defaults.

    Raises:
        AudioError: the rate changes between blocks.
    """
    rules = rules or SpanRules()
    end_s = 0.0
    for start_s, stop_s in _raw_spans(detector, blocks, rules):
        if stop_s - start_s < rules.shortest_speech_s:
            continue
        span = Span(max(end_s, start_s - rules.margin_s), stop_s + rules.margin_s)
        end_s = span.end_s
        yield span


def _raw_spans(
    detector: VoiceActivityDetector, blocks: Iterable[Audio], rules: SpanRules
) -> Iterator[tuple[float, float]]:
    frame_s = detector.frame_samples / detector.sample_rate_hz
    detector.reset()
    now_s = 0.0
    start_s: float | None = None
    quiet_since_s: float | None = None
    for frame in _frames(detector, blocks):
        probability = detector.probability(frame)
        if probability >= rules.threshold:
            quiet_since_s = None
            start_s = now_s if start_s is None else start_s
        elif start_s is not None and probability < rules.threshold - rules.release:
            quiet_since_s = now_s if quiet_since_s is None else quiet_since_s
            if now_s - quiet_since_s >= rules.shortest_silence_s:
                yield start_s, quiet_since_s
                start_s = quiet_since_s = None
        now_s += frame_s
    if start_s is not None:
        yield start_s, now_s if quiet_since_s is None else quiet_since_s


def _frames(detector: VoiceActivityDetector, blocks: Iterable[Audio]) -> Iterator[Audio]:
    """Frames of the detector's rate and length; the last one is filled up with silence."""
    rate, size = detector.sample_rate_hz, detector.frame_samples
    resampler: Resampler | None = None
    waiting = np.empty(0, np.float32)
    for block in blocks:
        resampler = resampler or Resampler(block.sample_rate_hz, rate)
        waiting = np.concatenate([waiting, resampler.feed(block).samples])
        whole = len(waiting) - len(waiting) % size
        for start in range(0, whole, size):
            yield Audio(waiting[start : start + size], rate)
        waiting = waiting[whole:]
    if resampler is None:
        return
    waiting = np.concatenate([waiting, resampler.flush().samples])
    waiting = np.pad(waiting, (0, -len(waiting) % size))
    for start in range(0, len(waiting), size):
        yield Audio(waiting[start : start + size], rate)
