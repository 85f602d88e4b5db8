"""Cues that are hard to read begin a little earlier, or the next ones later, as far as the standard allows."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken_text import spoken

from assistant.captions.check import violations
from assistant.captions.cue import Cue
from assistant.captions.layout import lay_out
from assistant.captions.leeway import with_leeway
from assistant.captions.standards import STANDARDS, Standard, standard
from models.types import Segment, Word

BBC = standard("bbc")


def rigid(wanted: Standard) -> Standard:
    """The same, with every cue on its sound."""
    return replace(wanted, early_s=0.0, late_s=0.0)


def quick(start_s: float, lasting_s: float) -> Segment:
    """Nine words, which the BBC wants to be shown for three seconds."""
    texts = "one two three four five six seven eight nine.".split()
    step_s = lasting_s / len(texts)
    words = tuple(
        Word(text, round(start_s + n * step_s, 2), round(start_s + (n + 1) * step_s, 2), 0.9)
        for n, text in enumerate(texts)
    )
    return Segment(" ".join(texts), start_s, start_s + lasting_s, "en", words)


def in_a_row(start_s: float, *lasting_s: float) -> list[Segment]:
    segments = []
    for each in lasting_s:
        segments.append(quick(start_s, each))
        start_s += each
    return segments


def test_a_cue_begins_in_the_pause_before_it_where_it_could_not_be_read_else() -> None:
    segments = in_a_row(2.0, 2.8, 3.0, 3.0)
    assert [each.rule for each in violations(lay_out(segments, rigid(BBC)), BBC)] == ["reading speed"]
    cues = lay_out(segments, BBC)
    assert 1.7 < cues[0].start_s < 2.0
    assert all(cue.start_s == cue.words[0].start_s for cue in cues[1:])
    assert not list(violations(cues, BBC))


def test_without_a_pause_before_it_the_next_ones_come_later() -> None:
    segments = in_a_row(0.0, 3.0, 2.8, 3.1, 3.1, 3.1)
    assert list(violations(lay_out(segments, rigid(BBC)), BBC))
    cues = lay_out(segments, BBC)
    assert not list(violations(cues, BBC))
    assert any(cue.start_s > cue.words[0].start_s for cue in cues)


def test_netflix_wants_a_cue_within_two_frames_of_its_sound() -> None:
    wanted = standard("netflix")
    text = "Incomprehensible responsibilities, extraordinary circumstances."
    for cps in (20.5, 30.0):
        cues = lay_out(
            [spoken(text, cps=cps, start_s=3.0), spoken("Next.", cps=5.0, start_s=3 + len(text) / cps)], wanted
        )
        assert cues[0].start_s == pytest.approx(3.0, abs=0.08)


@given(st.data(), st.sampled_from(sorted(STANDARDS)))
@settings(deadline=None)
def test_nothing_is_moved_further_than_allowed_and_nothing_gets_worse(data: st.DataObject, name: str) -> None:
    wanted = standard(name)
    at_s, segments = 0.0, []
    for _ in range(data.draw(st.integers(1, 6))):
        at_s += data.draw(st.sampled_from([0.0, 0.05, 0.3, 1.1, 2.5]))
        segments.append(quick(round(at_s, 2), data.draw(st.sampled_from([1.5, 2.6, 2.9, 3.4, 5.0]))))
        at_s = segments[-1].end_s
    before = lay_out(segments, rigid(wanted))
    after = with_leeway(before, wanted)
    assert len(list(violations(after, wanted))) <= len(list(violations(before, wanted)))
    assert [cue.words for cue in after] == [cue.words for cue in before]
    for old, new in zip(before, after, strict=True):
        assert -wanted.early_s - 0.001 <= new.start_s - old.start_s <= wanted.late_s + 0.001
        assert new.end_s >= min(old.end_s, new.words[-1].end_s) - 0.001
    assert all(one.end_s <= other.start_s for one, other in itertools.pairwise(after))
    if not list(violations(before, wanted)):
        assert after == before


def test_a_standard_without_leeway_moves_nothing() -> None:
    cues = [Cue(0.0, 0.1, ("much too fast",), (Word("much too fast", 0.0, 0.1, 1.0),), "en")]
    assert with_leeway(cues, rigid(BBC)) == cues
