"""What becomes of a reply over which the user is heard."""

from __future__ import annotations

import pytest
from turn_taking_room import FRAME, RATE, SILENCE, SPEECH, Room, room_with_a_reply

from assistant.turns.decisions import Ducked, Held, ReplyResumed, UtteranceDropped


def test_a_reply_is_ducked_at_the_first_frame_of_speech() -> None:
    room = room_with_a_reply()
    start = room.now
    room.speak(0.032)
    assert room.decisions == [Ducked(start + FRAME)]


def test_a_sound_that_is_no_echo_ducks_the_reply_before_anybody_knows_what_it_is() -> None:
    room = room_with_a_reply()
    room.take(room.turns.startle(FRAME))
    assert room.decisions == [Ducked(room.now)]


def test_a_noise_holds_the_reply_once_and_for_a_moment_only() -> None:
    room = room_with_a_reply()
    start = room.now
    room.startle(3.0, SILENCE)
    assert room.names() == ["Ducked", "Held", "ReplyResumed"]
    assert room.last(Held).sample - start == pytest.approx(0.12 * RATE, abs=FRAME)
    assert room.last(ReplyResumed).sample - start == pytest.approx(0.4 * RATE, abs=2 * FRAME)
    room.hush(0.5)
    room.startle(0.032, SILENCE)
    assert room.names()[-1] == "Ducked"


def test_a_noise_that_ends_lets_the_reply_go_on_a_tenth_of_a_second_later() -> None:
    room = room_with_a_reply()
    room.startle(0.2, SILENCE)
    end = room.now
    room.hush(0.5)
    assert room.names() == ["Ducked", "Held", "ReplyResumed"]
    assert room.last(ReplyResumed).sample - end == pytest.approx(0.1 * RATE, abs=FRAME)


def test_keys_that_are_struck_one_after_another_are_no_sound_that_lasts() -> None:
    room = room_with_a_reply()
    for _ in range(12):
        room.startle(0.032, SILENCE)
        room.hush(0.16)
    assert room.names() == ["Ducked", "ReplyResumed"]


def test_a_voice_that_the_canceller_lets_through_late_holds_the_reply_from_its_first_sound_on() -> None:
    room = room_with_a_reply()
    start = room.now
    room.startle(0.3, SILENCE)
    room.startle(0.6, SPEECH)
    assert room.names() == ["Ducked", "Held", "SpeechStarted"]
    assert room.last(Held).sample - start == pytest.approx(0.12 * RATE, abs=FRAME)
    room.read("No, I mean")
    assert room.names()[-1] == "BargedIn"


def test_a_sound_that_lasts_holds_a_reply_over_which_somebody_is_hardly_heard() -> None:
    room = room_with_a_reply()
    room.speak(0.064)
    room.startle(0.16, SILENCE)
    assert room.names() == ["Ducked", "SpeechStarted", "Paused", "Held"]


def test_a_key_that_is_struck_makes_the_reply_soft_for_a_tenth_of_a_second() -> None:
    room = room_with_a_reply()
    start = room.now
    room.startle(0.032, SILENCE)
    room.hush(0.5)
    assert room.names() == ["Ducked", "ReplyResumed"]
    assert room.last(ReplyResumed).sample - start == pytest.approx(0.1 * RATE, abs=FRAME)


def test_what_was_heard_before_it_was_known_to_be_speech_counts_for_holding_the_reply() -> None:
    room = room_with_a_reply()
    start = room.now
    room.startle(0.064, SILENCE)
    room.speak(0.064)
    assert room.names() == ["Ducked", "SpeechStarted", "Held"]
    assert room.last(Held).sample - start == pytest.approx(0.128 * RATE, abs=1)


def test_a_sound_while_nobody_replies_decides_nothing() -> None:
    room = Room()
    room.startle(1.0, SILENCE)
    assert room.decisions == []


@pytest.mark.parametrize("text", ["Make chin", "Hume.", "Ich"])
def test_a_guess_at_a_murmur_does_not_stop_the_reply(text: str) -> None:
    room = room_with_a_reply()
    room.speak(0.4)
    room.hush(0.16)
    room.read(text, certainty=0.3)
    room.hush(0.1)
    assert room.names()[-2:] == ["UtteranceDropped", "ReplyResumed"]
    assert room.last(UtteranceDropped).reason == "backchannel"


def test_a_short_answer_that_is_understood_well_stops_the_reply() -> None:
    room = room_with_a_reply()
    room.speak(0.4)
    room.read("Paris", certainty=0.8)
    assert room.names()[-1] == "BargedIn"


def test_a_command_stops_the_reply_however_unclear_it_was() -> None:
    room = room_with_a_reply()
    room.speak(0.4)
    room.read("Stop.", certainty=0.2)
    assert room.names()[-1] == "BargedIn"


def test_who_goes_on_speaking_is_believed_even_if_it_is_unclear() -> None:
    room = room_with_a_reply()
    room.speak(0.5)
    room.read("Make chin", certainty=0.3)
    assert room.names()[-1] == "Held"
    room.speak(0.5)
    room.read("Make chin at", certainty=0.3)
    assert room.names()[-1] == "BargedIn"


def test_a_click_over_a_reply_only_ducks_it() -> None:
    room = room_with_a_reply()
    room.speak(0.032)
    room.hush(0.032)
    assert room.names() == ["Ducked", "ReplyResumed"]


def test_what_echo_cancellation_left_over_does_not_duck_the_reply() -> None:
    room = room_with_a_reply()
    room.hear(1.0, 0.55)
    assert room.decisions == []


def test_words_over_a_reply_stop_it() -> None:
    room = room_with_a_reply()
    start = room.now
    room.speak(0.6)
    assert room.names() == ["Ducked", "SpeechStarted", "Held"]
    assert room.last(Held).sample - start == pytest.approx(0.12 * RATE, abs=FRAME)
    room.read("No, I mean")
    assert room.names()[-1] == "BargedIn"
    room.take(room.turns.reply_ended())
    room.speak(0.5)
    room.hush(0.25)
    room.judge(0.97)
    room.read("No, I mean tomorrow.")
    room.hush(0.2)
    assert room.names()[3:] == ["BargedIn", "Paused", "SoftEnded", "UtteranceEnded"]


@pytest.mark.parametrize("text", ["Mm-hmm.", "Yeah.", "Okay, right.", "Genau.", "D'accord.", "", "(coughs)", "Um."])
def test_a_backchannel_or_a_cough_lets_the_reply_go_on(text: str) -> None:
    room = room_with_a_reply()
    room.speak(0.4)
    room.hush(0.16)
    room.read(text)
    room.hush(0.1)
    assert room.names() == [
        "Ducked",
        "SpeechStarted",
        "Held",
        "Paused",
        "SoftEnded",
        "UtteranceDropped",
        "ReplyResumed",
    ]


def test_a_backchannel_that_turns_into_words_stops_the_reply() -> None:
    room = room_with_a_reply()
    room.speak(0.4)
    room.read("Okay")
    assert room.names()[-1] == "Held"
    room.speak(0.3)
    room.read("Okay stop")
    assert room.names()[-1] == "BargedIn"


def test_a_word_in_two_halves_holds_the_reply_as_one_that_is_whole() -> None:
    room = room_with_a_reply()
    room.speak(0.096)
    room.hush(0.128)
    room.speak(0.096)
    assert room.names() == ["Ducked", "SpeechStarted", "Paused", "SpeechResumed", "Held"]


def test_a_thump_too_short_for_a_word_does_not_hold_the_reply() -> None:
    room = room_with_a_reply()
    room.speak(0.096)
    room.hush(0.3)
    assert room.names() == ["Ducked", "SpeechStarted", "Paused", "UtteranceDropped", "ReplyResumed"]


def test_a_long_interruption_that_nobody_transcribes_counts_as_words() -> None:
    room = room_with_a_reply()
    room.speak(1.2)
    room.hush(2.6)
    assert room.names()[2:] == ["Held", "Paused", "SoftEnded", "BargedIn", "UtteranceEnded"]


def test_a_short_interruption_that_nobody_transcribes_lets_the_reply_go_on() -> None:
    room = room_with_a_reply()
    room.speak(0.5)
    room.hush(2.6)
    assert room.names()[2:] == ["Held", "Paused", "SoftEnded", "UtteranceDropped", "ReplyResumed"]


def test_music_over_a_reply_holds_it_once_and_not_for_ever() -> None:
    room = room_with_a_reply()
    for _ in range(20):
        room.speak(0.5)
        room.read("[Music]")
    # It is listened to further, since words may follow, but the reply goes on.
    assert room.names() == ["Ducked", "SpeechStarted", "Held", "UtteranceDropped", "ReplyResumed", "SpeechStarted"]
    room.hush(0.3)
    assert room.names()[-1] == "UtteranceDropped"


def test_words_that_follow_a_long_noise_without_a_pause_are_heard() -> None:
    room = room_with_a_reply()
    for _ in range(7):
        room.speak(0.5)
        room.read("[Music]")
    room.speak(1.0)
    room.read("What is the capital of France?")
    room.hush(2.0)
    assert room.names()[-1] == "UtteranceEnded"


def test_a_reply_that_starts_while_the_user_speaks_gives_way() -> None:
    room = Room()
    room.speak(1.0)
    room.read("And another thing")
    room.take(room.turns.reply_started())
    assert room.names() == ["SpeechStarted", "Ducked", "BargedIn"]


def test_a_backchannel_is_an_answer_once_the_reply_has_ended() -> None:
    room = room_with_a_reply()
    room.speak(0.096)
    room.take(room.turns.reply_ended())
    room.speak(0.2)
    room.hush(0.25)
    room.judge(0.97)
    room.read("Yes.")
    room.hush(0.2)
    assert room.names() == ["Ducked", "SpeechStarted", "Paused", "SoftEnded", "UtteranceEnded"]


def test_a_transcript_of_the_utterance_before_is_ignored() -> None:
    room = Room()
    room.speak(1.0)
    room.hush(0.25)
    room.judge(0.97)
    old = room.now
    room.read("Tell me a story.")
    room.hush(0.08)
    room.take(room.turns.reply_started())
    room.hush(0.1)
    room.speak(0.3)
    room.take(room.turns.read("Tell me a story, please.", "en", old))
    assert "BargedIn" not in room.names()
