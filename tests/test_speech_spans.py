"""Where somebody speaks: with a detector that follows a script, and with Silero on real speech."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import audio
from models.errors import AudioError
from models.types import Audio, EngineSpec, joined
from models.vad.silero import SileroVoiceActivityDetector
from models.vad.speech_spans import Span, SpanRules, speech_spans

FRAME_S = 0.032


class LoudnessDetector:
    """Says how loud the frame is: the tests write probabilities straight into the samples."""

    sample_rate_hz = 16_000
    frame_samples = 512

    def probability(self, frame: Audio) -> float:
        return float(frame.samples.max())

    def reset(self) -> None:
        pass


def recording(*probabilities: tuple[float, int]) -> Audio:
    """Frames of the given probability, each as many times as its number says."""
    values = [value for value, times in probabilities for _ in range(times)]
    return Audio(np.repeat(np.array(values, np.float32), 512), 16_000)


def spans(*probabilities: tuple[float, int], rules: SpanRules | None = None) -> list[Span]:
    return list(speech_spans(LoudnessDetector(), [recording(*probabilities)], rules))


NO_MARGIN = SpanRules(margin_s=0.0)


def test_silence_has_no_span() -> None:
    assert spans((0.1, 100)) == []


def test_an_empty_recording_has_no_span() -> None:
    assert list(speech_spans(LoudnessDetector(), [])) == []
    assert list(speech_spans(LoudnessDetector(), [Audio(np.empty(0, np.float32), 16_000)])) == []


def test_speech_is_one_span_with_a_margin() -> None:
    assert spans((0.0, 10), (0.9, 20), (0.0, 10)) == [
        pytest.approx((10 * FRAME_S - 0.03, 30 * FRAME_S + 0.03)),
    ]


def test_a_short_pause_does_not_end_a_span() -> None:
    assert spans((0.9, 20), (0.0, 3), (0.9, 20), (0.0, 10), rules=NO_MARGIN) == [pytest.approx((0, 43 * FRAME_S))]


def test_a_long_pause_ends_a_span_where_it_began() -> None:
    assert spans((0.9, 20), (0.0, 6), (0.9, 20), rules=NO_MARGIN) == [
        pytest.approx((0, 20 * FRAME_S)),
        pytest.approx((26 * FRAME_S, 46 * FRAME_S)),
    ]


def test_a_doubtful_frame_neither_begins_nor_ends_speech() -> None:
    assert spans((0.4, 100)) == []
    assert spans((0.9, 20), (0.4, 50), (0.9, 1), (0.0, 9), rules=NO_MARGIN) == [pytest.approx((0, 71 * FRAME_S))]


def test_a_click_is_no_speech() -> None:
    assert spans((0.0, 20), (0.9, 3), (0.0, 20)) == []


def test_spans_do_not_overlap_however_wide_the_margin() -> None:
    first, second = spans((0.9, 20), (0.0, 6), (0.9, 20), rules=SpanRules(margin_s=0.3))
    assert first.end_s <= second.start_s


def test_blocks_of_any_size_give_the_same_spans() -> None:
    whole = recording((0.0, 10), (0.9, 20), (0.0, 10), (0.8, 15))
    cuts = [0, 1, 700, 9_000, 9_100, len(whole.samples)]
    blocks = [Audio(whole.samples[a:b], 16_000) for a, b in itertools.pairwise(cuts)]
    assert list(speech_spans(LoudnessDetector(), blocks)) == list(speech_spans(LoudnessDetector(), [whole]))


def test_a_change_of_rate_is_refused() -> None:
    blocks = [Audio(np.zeros(100, np.float32), rate) for rate in (16_000, 8_000)]
    with pytest.raises(AudioError, match="8000 Hz"):
        list(speech_spans(LoudnessDetector(), blocks))


@pytest.mark.weights
def test_silero_finds_each_of_two_sentences_between_silences(
    weights: Callable[[str], Path], speech: Sequence[Any]
) -> None:
    clip = next(audio.read(c.path) for c in speech if c.path.name == "LJ001-0002.flac")
    silence = Audio(np.zeros(2 * 16_000, np.float32), 16_000)
    detector = SileroVoiceActivityDetector(EngineSpec("vad", "silero", "silero-vad", weights("silero-vad")))
    found = list(speech_spans(detector, [joined([silence, clip, silence, clip, silence])]))
    starts = [2.0, 4.0 + clip.duration_s]
    for start_s in starts:
        inside = [s for s in found if start_s - 0.2 < s.start_s and s.end_s < start_s + clip.duration_s + 0.4]
        assert sum(s.end_s - s.start_s for s in inside) > 0.7 * clip.duration_s
    assert all(any(t - 0.2 < s.start_s < t + clip.duration_s for t in starts) for s in found)
