"""Utterances that grow too long are split, and nothing is lost."""

from __future__ import annotations

from turn_taking_room import RATE, Room, room_with_a_reply

from assistant.turns.decisions import SpeechStarted, UtteranceEnded


def test_a_long_utterance_is_split_at_a_pause_and_nothing_is_lost() -> None:
    room = Room()
    room.speak(21.0)
    room.hush(0.5)
    room.speak(1.0)
    first, second = room.last(UtteranceEnded), room.last(SpeechStarted)
    assert first.is_forced
    assert first.end_sample == second.start_sample
    assert first.speech_end_sample < first.end_sample <= round(21.5 * RATE)
    assert room.names()[-3:] == ["SpeechResumed", "UtteranceEnded", "SpeechStarted"]


def test_a_split_at_a_short_pause_takes_no_speech_twice() -> None:
    room = Room()
    room.speak(21.0)
    room.hush(0.16)
    room.speak(0.5)
    first, second = room.last(UtteranceEnded), room.last(SpeechStarted)
    assert first.speech_end_sample < first.end_sample == second.start_sample


def test_what_follows_a_split_that_nothing_was_left_after_takes_no_speech_twice() -> None:
    room = Room()
    room.speak(28.0)
    split = room.last(SpeechStarted)
    room.hush(0.22)
    assert room.names()[-1] == "UtteranceDropped"
    room.speak(0.1)
    assert room.last(SpeechStarted).start_sample >= split.start_sample


def test_a_transcript_from_before_a_split_is_not_taken_for_the_rest() -> None:
    room = room_with_a_reply()
    room.take(room.turns.reply_ended())
    room.speak(21.0)
    room.hush(0.5)
    room.speak(0.064)
    split = room.last(SpeechStarted).sample
    room.take(room.turns.reply_started())
    room.take(room.turns.read("All that came before", "en", split))
    assert "BargedIn" not in room.names()
    room.speak(0.3)
    room.read("The rest")
    assert room.names()[-1] == "BargedIn"


def test_an_utterance_without_pauses_is_split_before_it_is_too_long() -> None:
    room = Room()
    room.speak(60.0)
    ends = [decision for decision in room.decisions if isinstance(decision, UtteranceEnded)]
    starts = [decision for decision in room.decisions if isinstance(decision, SpeechStarted)]
    assert [end.is_forced for end in ends] == [True, True]
    assert [end.end_sample for end in ends] == [start.start_sample for start in starts[1:]]
    assert all(end.end_sample - end.start_sample <= 28.1 * RATE for end in ends)


def test_endless_noise_without_words_is_dropped_not_split() -> None:
    room = Room()
    for _ in range(60):
        room.speak(1.0)
        room.read("♪")
    assert room.names() == ["SpeechStarted", "UtteranceDropped"]
