"""The timeline of a turn, and percentiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.apps.turn_view import timeline_bars
from assistant.bench.measure import percentile
from assistant.bench.word_errors import error_count, error_rate
from assistant.events import ClauseWritten, FinalTranscript, ReplyDelta, SpeechEnded, SpokenAudio, TurnEnded
from assistant.metrics import Timeline, timeline
from models.types import Audio


def test_the_timeline_counts_from_the_first_event_and_keeps_the_first_of_each_kind() -> None:
    silence = Audio(np.zeros(10, np.float32), 16_000)
    events = [
        SpeechEnded(10.0, 10.0),
        FinalTranscript(10.5, "hi", "en"),
        ReplyDelta(10.75, "He"),
        ReplyDelta(11.0, "llo."),
        ClauseWritten(11.0, "Hello."),
        SpokenAudio(11.25, silence, "Hello.", 0),
        SpokenAudio(11.5, silence, "Hello.", 0),
        TurnEnded(12.0, "Hello."),
    ]
    assert timeline(events) == Timeline(0.0, 0.5, 0.75, 1.0, 1.25, 2.0)


def test_what_did_not_happen_has_no_time() -> None:
    assert timeline([SpeechEnded(1.0, 1.0)]) == Timeline(speech_end_s=0.0)


def test_the_bars_of_a_timeline_fit_a_terminal_and_follow_each_other() -> None:
    bars = timeline_bars(Timeline(0.0, 0.5, 0.7, 1.0, 1.1, 4.0))
    assert len(bars) == 5
    assert all(len(bar) <= 80 for bar in bars)
    starts = [bar.index("█") for bar in bars]
    assert starts == sorted(starts)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 100))
def test_percentiles_are_those_of_numpy(values: list[float], percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(float(np.percentile(values, percent)), rel=1e-9, abs=1e-6)


def test_word_errors_count_insertions_deletions_and_substitutions() -> None:
    assert error_count("a b c d".split(), "a x c d e".split()) == 2
    assert error_count([], "a b".split()) == 2
    assert error_rate([("a b".split(), "a b".split()), ("c d".split(), "c".split())]) == 0.25


def test_an_error_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        error_rate([([], ["a"])])
