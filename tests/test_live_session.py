"""Live conversations over scripted engines, on a virtual clock: every transition of turn taking, and what follows."""

from pathlib import Path

import numpy as np
import pytest
from live import LONG_REPLY, MORE, QUESTION, converse, replies, said, silence

from assistant import events

ANSWER = "The capital of France is Paris. It lies on the Seine."


def test_a_question_is_answered_and_remembered(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(0.5)])
    assert course.kinds == ["SpeechStarted", "SpeechEnded", "FinalTranscript", "TurnEnded"]
    assert course.history == [QUESTION, ANSWER]
    assert len(course.played()[course.played() != 0]) == pytest.approx(11 * 0.2 * 24_000, rel=0.01)


def test_the_reply_is_made_before_it_is_certain_that_the_user_has_finished(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(0.5)], "llm.options.pause_s=0.01")
    ended = course.one(events.SpeechEnded)
    first_delta = course.of(events.ReplyDelta)[0]
    assert first_delta.t_s < ended.t_s
    assert course.sound_starts_s - ended.t_s <= 0.1
    assert ended.speech_end_s == pytest.approx(1.0, abs=0.05)
    assert ended.t_s - ended.speech_end_s == pytest.approx(0.3, abs=0.05)


def test_nothing_is_left_of_a_reply_to_a_thinking_pause(tmp_path: Path) -> None:
    """At 0.4 s of silence the first half has a reply that is ready; then the user goes on."""
    course = converse(
        tmp_path,
        [said("I would like"), silence(0.4), said("a red one."), silence(0.5)],
        replies("Void.", "Here it is."),
    )
    assert course.kinds == ["SpeechStarted", "SpeechEnded", "FinalTranscript", "TurnEnded"]
    assert course.history == ["I would like a red one.", "Here it is."]
    assert "Void." not in "".join(event.text for event in course.of(events.ReplyDelta))


@pytest.mark.parametrize("llm_pause_s", [0.0, 0.2])
def test_words_over_a_reply_end_it_and_only_what_was_heard_is_remembered(tmp_path: Path, llm_pause_s: float) -> None:
    course = converse(
        tmp_path,
        [said(QUESTION), silence(3.0), said(MORE), silence(0.5)],
        replies(LONG_REPLY, "Madrid."),
        f"llm.options.pause_s={llm_pause_s}",
    )
    assert course.kinds[3:] == [
        "SpeechStarted",
        "Ducked",
        *(["Held"] if "Held" in course.kinds else []),
        "Interrupted",
        "SpeechEnded",
        "FinalTranscript",
        "TurnEnded",
    ] or course.kinds[3:5] == ["Ducked", "SpeechStarted"]
    interrupted = course.one(events.Interrupted)
    question, heard, more, answer = course.history
    assert (question, more, answer) == (QUESTION, MORE, "Madrid.")
    assert heard == interrupted.heard
    assert LONG_REPLY.startswith(heard)
    assert not np.any(course.played(interrupted.t_s + 0.02, course.of(events.SpeechEnded)[1].t_s))


@pytest.mark.parametrize("sound", ["Mhm.", "[coughs]"])
def test_a_reply_goes_on_exactly_where_it_was_after_a_backchannel_or_a_cough(tmp_path: Path, sound: str) -> None:
    quiet = converse(tmp_path, [said(QUESTION), silence(5.0)], replies(LONG_REPLY))
    course = converse(
        tmp_path, [said(QUESTION), silence(2.0), said(sound, each_s=0.5), silence(2.0)], replies(LONG_REPLY)
    )
    assert len(course.of(events.Held)) == len(course.of(events.Resumed)) == 1
    assert course.transcripts == [QUESTION]
    assert course.history == [QUESTION, LONG_REPLY]
    undisturbed, played = (c.played(c.sound_starts_s) for c in (quiet, course))
    resumed_s = course.one(events.Resumed).t_s - course.sound_starts_s
    rest = played[round((resumed_s + 0.1) * 24_000) :]
    rest = rest[: np.flatnonzero(rest)[-1] + 1]
    n_samples = np.flatnonzero(undisturbed)[-1] + 1
    assert np.array_equal(rest, undisturbed[n_samples - len(rest) : n_samples])


def test_what_the_user_adds_before_the_reply_sounds_is_answered_together_with_it(tmp_path: Path) -> None:
    course = converse(
        tmp_path,
        [said(QUESTION), silence(0.6), said(MORE), silence(0.5)],
        replies("Void.", "Paris and Madrid."),
        "llm.options.pause_s=1.5",
    )
    assert course.transcripts == [QUESTION, MORE]
    assert course.history == [f"{QUESTION} {MORE}", "Paris and Madrid."]
    assert len(course.of(events.TurnEnded)) == 1


def test_a_very_long_utterance_is_split_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    words = "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar.".split()
    course = converse(tmp_path, [said(*words, each_s=4.0), silence(0.5)], replies("Fine."))
    assert len(course.transcripts) == 3
    heard = " ".join(course.transcripts).split()
    assert list(dict.fromkeys(heard)) == words  # the word at which it was split is heard twice
    assert course.history[1:] == ["Fine."]
    assert course.history[0].split() == heard
