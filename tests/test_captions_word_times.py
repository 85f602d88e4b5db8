"""Cues of words whose times are odd, or far apart: nobody reads a word that is said when its cue is gone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.captions.layout import lay_out
from assistant.captions.standards import STANDARDS, standard
from assistant.captions.time_order import believable
from models.types import Segment, Word

TEXTS = ["a", "the", "I", "house,", "people.", "considerable", "extraordinarily", "yes", "No."]
PAUSES_S = [0.0, 0.0, 0.0, 0.02, 0.1, 0.3, 0.6, 1.2, 3.0]


def said(texts: Sequence[str], starts_s: Sequence[float], length_s: float = 0.2) -> Segment:
    words = tuple(Word(text, at_s, at_s + length_s, 1.0) for text, at_s in zip(texts, starts_s, strict=True))
    return Segment(" ".join(texts), 0.0, 200.0, "en", words)


@st.composite
def speech(draw: st.DrawFn) -> Segment:
    """Words in order, from mumbled to drawled."""
    at_s, words = 0.0, []
    for text in draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=40)):
        end_s = at_s + draw(st.sampled_from([0.05, 0.2, 0.4, 0.8]))
        words.append(Word(text, round(at_s, 2), round(end_s, 2), 1.0))
        at_s = end_s + draw(st.sampled_from(PAUSES_S))
    return Segment(" ".join(word.text for word in words), 0.0, at_s, "en", tuple(words))


@given(speech(), st.sampled_from(sorted(STANDARDS)))
@settings(deadline=None)
def test_a_cue_is_there_when_its_last_word_is_said(segment: Segment, name: str) -> None:
    gap_s = standard(name).chained_gap_s  # a last word shorter than the gap to the next cue falls into it
    for cue in lay_out([segment], standard(name)):
        assert cue.words[-1].start_s < cue.end_s + gap_s


@pytest.mark.parametrize("name", ["netflix", "shorts"])
def test_slow_words_are_not_shown_long_before_they_are_said(name: str) -> None:
    slow = said(["word"] * 12, [1.2 * n for n in range(12)], length_s=1.15)
    cues = lay_out([slow], standard(name))
    assert sum(len(cue.words) for cue in cues) == 12
    assert all(cue.words[-1].start_s < cue.end_s for cue in cues)


def test_one_word_minutes_too_late_moves_no_other() -> None:
    texts = "Hello there my friend. Then go.".split()
    cues = lay_out([said(texts, [0.0, 99.0, 0.6, 0.8, 5.0, 5.3])], standard("netflix"))
    assert [cue.text for cue in cues] == ["Hello there my friend.", "Then go."]
    assert [word.start_s for cue in cues for word in cue.words] == [0.0, 0.3, 0.6, 0.8, 5.0, 5.3]


def test_times_that_are_no_numbers_anywhere_still_give_cues() -> None:
    words = tuple(Word(text, math.nan, math.inf, 1.0) for text in ("Hello", "there."))
    (cue,) = lay_out([Segment("Hello there.", math.nan, math.nan, "en", words)], standard("bbc"))
    assert cue.text == "Hello there."
    assert 0 <= cue.start_s < cue.end_s < math.inf


def test_three_hundred_words_at_one_time_are_all_shown_one_cue_after_the_other() -> None:
    cues = lay_out([said([f"w{n}" for n in range(300)], [0.0] * 300, length_s=0.0)], standard("netflix"))
    assert [word.text for cue in cues for word in cue.words] == [f"w{n}" for n in range(300)]
    assert all(cue.start_s < cue.end_s for cue in cues)
    assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(cues))


@given(st.lists(st.floats(-10, 10), max_size=9))
def test_of_times_the_longest_run_in_order_is_believed(times_s: list[float]) -> None:
    found = believable(times_s)
    assert len(found) == len(times_s)
    assert found == sorted(found)
    kept = sum(before == after for before, after in zip(times_s, found, strict=True))
    assert kept >= longest_run(times_s)


def longest_run(times_s: list[float]) -> int:
    """Tried out, run by run."""
    for length in range(len(times_s), 0, -1):
        if any(list(run) == sorted(run) for run in itertools.combinations(times_s, length)):
            return length
    return 0
