"""Live conversations by chance: whatever is said when, however slow the stages are, and whichever of them fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live import LONG_REPLY, MORE, QUESTION, VOCABULARY, Course, converse, replies, said, silence

from assistant.turns.reactions import Reaction, reaction
from models.types import Audio

# Goodbye ends the conversation before all was said, and is tested by itself.
PHRASES = [phrase for phrase in VOCABULARY if phrase != "Goodbye."]


@dataclass(frozen=True)
class Step:
    """Something is said, and then nothing for a while."""

    phrase: str
    duration_s: float
    silence_s: float


@dataclass(frozen=True)
class Delays:
    """Of each stage, before each of its items."""

    stt_s: float
    llm_s: float
    tts_s: float

    def settings(self) -> list[str]:
        return [
            f"stt.options.pause_s={self.stt_s}",
            f"llm.options.pause_s={self.llm_s}",
            f"tts.voices.tone.options.pause_s={self.tts_s}",
        ]


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(PHRASES),
        st.sampled_from([0.1, 0.2, 0.5, 1.0, 3.0]),
        st.sampled_from([0.05, 0.15, 0.25, 0.35, 0.5, 0.8, 1.5, 3.0]),
    ),
    min_size=1,
    max_size=5,
)
delays = st.builds(
    Delays, st.sampled_from([0.0, 0.1, 0.5, 1.5]), st.sampled_from([0.0, 0.05, 0.5]), st.sampled_from([0.0, 0.05, 0.3])
)


def hold(folder: Path, script: list[Step], changes: list[str]) -> Course:
    """The conversation; `live.check` finds what must never happen."""
    recording: list[Audio] = [silence(0.2)]
    for step in script:
        recording += [said(step.phrase, each_s=step.duration_s), silence(step.silence_s)]
    return converse(folder, recording, replies(LONG_REPLY, "Yes.", "It is so. It was so."), *changes)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, delays)
def test_whatever_is_said_when_no_words_are_lost(tmp_path: Path, script: list[Step], delays: Delays) -> None:
    course = hold(tmp_path, script, delays.settings())
    heard = " ".join(course.transcripts)
    for step in script:
        if step.phrase in (QUESTION, MORE) and step.duration_s >= 0.5:
            assert reaction(step.phrase) is Reaction.WORDS
            assert step.phrase in heard, f"{step.phrase!r} is lost in {heard!r}"


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps,
    delays,
    st.sampled_from(["stt", "llm", "tts.voices.tone"]),
    st.sets(st.integers(1, 6), min_size=1, max_size=3),
)
def test_whichever_stage_fails_the_conversation_goes_on(
    tmp_path: Path, script: list[Step], delays: Delays, stage: str, calls: set[int]
) -> None:
    # A noise of 3 s over a reply is dropped, and what follows it without a pause with it: that is another rule.
    script = [*script[:-1], replace(script[-1], silence_s=1.0), Step(QUESTION, 1.0, 1.0)]
    course = hold(tmp_path, script, [*delays.settings(), f"{stage}.options.fail_on={sorted(calls)}"])
    if stage != "stt":
        assert QUESTION in course.transcripts[-1]
