"""When the user begins and ends."""

from __future__ import annotations

import pytest
from turn_taking_room import FRAME, Room

from assistant.turns.decisions import Paused, SoftEnded, SpeechStarted, UtteranceDropped, UtteranceEnded


def test_silence_decides_nothing() -> None:
    room = Room()
    room.hush(10.0)
    assert room.decisions == []


def test_speech_starts_after_two_frames_with_the_audio_before_it() -> None:
    room = Room()
    room.hush(1.024)
    room.speak(0.032)
    assert room.decisions == []
    room.speak(0.032)
    assert room.decisions == [SpeechStarted(sample=34 * FRAME, start_sample=32 * FRAME - 4800)]


def test_a_click_of_one_frame_is_not_speech() -> None:
    room = Room()
    for _ in range(20):
        room.speak(0.032)
        room.hush(0.096)
    assert room.decisions == []


def test_a_probability_between_the_thresholds_keeps_what_was() -> None:
    room = Room()
    room.hear(1.0, 0.42)
    assert room.decisions == []
    room.speak(0.1)
    room.hear(1.0, 0.42)
    assert room.names() == ["SpeechStarted"]


def test_a_complete_sentence_ends_after_a_short_silence() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.97)
    room.read("What time is it?")
    room.hush(3.0)
    assert room.names() == ["SpeechStarted", "Paused", "SoftEnded", "UtteranceEnded"]
    assert room.silence_s() == pytest.approx(0.25, abs=0.032)


def test_a_half_hearted_verdict_is_as_good_as_none() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.7)
    room.read("What time is it?")
    room.hush(3.0)
    assert room.silence_s() == pytest.approx(0.7, abs=0.032)


def test_the_audio_of_an_utterance_is_the_one_that_the_final_transcript_could_cover() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.97)
    room.read("What time is it?")
    room.hush(1.0)
    end = room.last(UtteranceEnded)
    assert end.end_sample == room.last(Paused).sample
    assert end.speech_end_sample == 31 * FRAME


def test_an_incomplete_sentence_is_waited_for() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.1)
    room.read("I would think that")
    room.hush(3.0)
    assert room.silence_s() == pytest.approx(1.5, abs=0.032)


def test_the_words_overrule_a_voice_that_sounds_complete() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.97)
    room.read("I would like to")
    room.hush(3.0)
    assert room.silence_s() == pytest.approx(1.5, abs=0.032)


def test_without_a_verdict_a_fixed_silence_ends_the_utterance() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.read("What time is it?")
    room.hush(3.0)
    assert room.silence_s() == pytest.approx(0.7, abs=0.032)


def test_a_voice_that_sounds_complete_is_not_believed_at_once_without_a_full_stop() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.97)
    room.read("And so my fellow Americans")
    room.hush(3.0)
    assert room.silence_s() == pytest.approx(0.7, abs=0.032)


def test_a_late_transcript_ends_the_utterance_at_once() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.97)
    room.hush(0.7)
    assert "UtteranceEnded" not in room.names()
    room.read("What time is it?")
    assert room.names()[-1] == "UtteranceEnded"
    assert room.last(UtteranceEnded).sample == room.now


def test_without_any_transcript_the_utterance_ends_all_the_same() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(3.0)
    assert room.silence_s() == pytest.approx(2.5, abs=0.032)


def test_a_partial_transcript_does_not_end_what_was_said_after_it() -> None:
    room = Room()
    room.speak(1.0)
    room.read("What time")
    room.speak(0.5)
    room.hush(0.25)
    room.judge(0.97)
    room.hush(0.5)
    assert "UtteranceEnded" not in room.names()


def test_speech_after_a_soft_end_makes_verdict_and_preparations_void() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.read("I would go")
    first = room.last(SoftEnded)
    room.speak(0.5)
    assert room.names() == ["SpeechStarted", "Paused", "SoftEnded", "SpeechResumed"]
    room.take(room.turns.judge(first.sample, 0.99))
    room.hush(0.25)
    room.take(room.turns.judge(first.sample, 0.99))
    room.read("I would go home.")
    room.hush(0.3)
    assert "UtteranceEnded" not in room.names()
    room.judge(0.99)
    assert room.names()[-1] == "UtteranceEnded"


def test_an_utterance_does_not_end_while_the_next_word_begins() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.48)
    room.read("What time is it?")
    room.speak(0.032)
    room.judge(0.97)
    assert "UtteranceEnded" not in room.names()
    room.speak(0.032)
    assert room.names()[-1] == "SpeechResumed"


def test_two_utterances_share_no_audio() -> None:
    room = Room()
    for _ in range(2):
        room.speak(1.0)
        room.hush(0.25)
        room.judge(0.97)
        room.read("Yes.")
        room.hush(0.08)
    first, second = (decision for decision in room.decisions if isinstance(decision, UtteranceEnded))
    assert second.start_sample == first.end_sample


def test_a_sound_too_short_for_a_word_is_dropped() -> None:
    room = Room()
    room.speak(0.096)
    room.hush(0.5)
    assert room.decisions[-1] == UtteranceDropped(
        sample=room.last(UtteranceDropped).sample, start_sample=0, reason="too short"
    )
    assert "SoftEnded" not in room.names()


@pytest.mark.parametrize("text", ["", "[BLANK_AUDIO]", "Thanks for watching!"])
def test_sound_without_words_makes_no_turn(text: str) -> None:
    room = Room()
    room.speak(0.5)
    room.hush(0.25)
    room.read(text)
    assert room.last(UtteranceDropped).reason == "no words"


def test_a_hesitation_alone_is_waited_for_and_makes_no_turn() -> None:
    room = Room()
    room.speak(0.5)
    room.hush(0.25)
    room.judge(0.97)
    room.read("Um...")
    room.hush(1.0)
    assert "UtteranceDropped" not in room.names()
    room.hush(0.5)
    assert room.last(UtteranceDropped).reason == "hesitation"


def test_yes_is_an_answer_when_the_assistant_is_silent() -> None:
    room = Room()
    room.speak(0.4)
    room.hush(0.25)
    room.judge(0.97)
    room.read("Yes.")
    room.hush(0.2)
    assert room.names()[-1] == "UtteranceEnded"
