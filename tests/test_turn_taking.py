"""Conversations in frames of 32 ms, and random ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.turn_decisions import (
    BargedIn,
    Decision,
    Ducked,
    Held,
    Paused,
    ReplyResumed,
    SoftEnded,
    SpeechResumed,
    SpeechStarted,
    UtteranceDropped,
    UtteranceEnded,
)
from assistant.turn_settings import TurnTakingSettings
from assistant.turn_taking import TurnTaking
from models import settings as tables
from models.errors import SettingError

FRAME = 512
RATE = 16000
SPEECH, SILENCE = 0.95, 0.02


class Room:
    """A conversation so far: plays frames into turn taking and keeps all decisions."""

    def __init__(self, settings: TurnTakingSettings | None = None) -> None:
        self.turns = TurnTaking(settings or TurnTakingSettings())
        self.now = 0
        self.decisions: list[Decision] = []

    def hear(self, seconds: float, probability: float) -> None:
        for _ in range(round(seconds * RATE / FRAME)):
            self.now += FRAME
            self.take(self.turns.hear(probability, FRAME))

    def speak(self, seconds: float) -> None:
        self.hear(seconds, SPEECH)

    def hush(self, seconds: float) -> None:
        self.hear(seconds, SILENCE)

    def read(self, text: str, language: str = "en") -> None:
        """A transcript of all that was heard."""
        self.take(self.turns.read(text, language, self.now))

    def judge(self, complete: float) -> None:
        """A verdict on the newest soft end."""
        self.take(self.turns.judge(self.last(SoftEnded).sample, complete))

    def take(self, decisions: Iterable[Decision]) -> None:
        self.decisions.extend(decisions)

    def last(self, kind: type[Decision]) -> Decision:
        return next(decision for decision in reversed(self.decisions) if isinstance(decision, kind))

    def names(self) -> list[str]:
        return [type(decision).__name__ for decision in self.decisions]

    def silence_s(self) -> float:
        """How long the user had been silent when the last utterance ended."""
        end = self.last(UtteranceEnded)
        return (end.sample - end.speech_end_sample) / RATE


def room_with_a_reply(settings: TurnTakingSettings | None = None) -> Room:
    room = Room(settings)
    room.hush(1.0)
    room.take(room.turns.reply_started())
    room.hush(0.5)
    return room


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
    assert room.silence_s() == pytest.approx(0.3, abs=0.032)


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


def test_a_reply_is_ducked_at_the_first_frame_of_speech() -> None:
    room = room_with_a_reply()
    start = room.now
    room.speak(0.032)
    assert room.decisions == [Ducked(start + FRAME)]


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
    assert room.last(Held).sample - start == pytest.approx(0.2 * RATE, abs=FRAME)
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
    room.speak(0.128)
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
    assert room.names() == ["Ducked", "SpeechStarted", "Held", "UtteranceDropped", "ReplyResumed"]
    room.hush(0.3)
    room.speak(0.1)
    assert room.names()[-1] == "SpeechStarted"


def test_a_reply_that_starts_while_the_user_speaks_gives_way() -> None:
    room = Room()
    room.speak(1.0)
    room.read("And another thing")
    room.take(room.turns.reply_started())
    assert room.names() == ["SpeechStarted", "Ducked", "BargedIn"]


def test_a_backchannel_is_an_answer_once_the_reply_has_ended() -> None:
    room = room_with_a_reply()
    room.speak(0.16)
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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("onset_threshold", 0.0),
        ("complete_threshold", 1.5),
        ("pause_s", -0.1),
        ("pause_s", float("nan")),
        ("pause_s", 0.25),
        ("incomplete_silence_s", 3.0),
        ("release_threshold", 0.55),
        ("longest_hold_s", 19.0),
        ("longest_utterance_s", 10.0),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=key):
        replace(TurnTakingSettings(), **{key: value})


def test_the_settings_are_a_table_of_the_profile() -> None:
    read = tables.read(TurnTakingSettings, {"complete_silence_s": 0.4}, "[turn_taking]")
    assert read.complete_silence_s == 0.4
    with pytest.raises(SettingError, match="soft_end_s"):
        tables.read(TurnTakingSettings, {"soft_end_s": 0.9}, "[turn_taking]")


_TEXTS = st.sampled_from(["", "mhm", "okay", "um", "stop", "I would like to", "What time is it?", "[Music]", "the"])
_INPUTS = st.one_of(
    st.tuples(st.just("speak"), st.floats(0.03, 6)),
    st.tuples(st.just("hush"), st.floats(0.03, 1)),
    st.tuples(st.just("tremble"), st.floats(0, 1)),
    st.tuples(st.just("read"), _TEXTS, st.integers(0, 40)),
    st.tuples(st.just("judge"), st.floats(0, 1), st.integers(0, 3)),
    st.tuples(st.just("reply started")),
    st.tuples(st.just("reply ended")),
)


def play(room: Room, steps: list[tuple]) -> list[tuple[bool, list[Decision]]]:
    """Plays random inputs; returns, for each, whether it was the end of a reply, and what followed from it."""
    followed = []
    for step in steps:
        before = len(room.decisions)
        match step:
            case ("speak", seconds):
                room.speak(seconds)
            case ("hush", seconds):
                room.hush(seconds)
            case ("tremble", probability):
                room.hear(0.032, probability)
            case ("read", text, frames_ago):
                room.take(room.turns.read(text, "en", room.now - frames_ago * FRAME))
            case ("judge", complete, ago):
                soft_ends = [decision.sample for decision in room.decisions if isinstance(decision, SoftEnded)]
                if len(soft_ends) > ago:
                    room.take(room.turns.judge(soft_ends[-1 - ago], complete))
            case ("reply started",):
                room.take(room.turns.reply_started())
            case ("reply ended",):
                room.take(room.turns.reply_ended())
        followed.append((step[0] == "reply ended", room.decisions[before:]))
    return followed


def check_user(decisions: list[Decision]) -> None:
    """Utterances begin and end in turn; pauses lie inside of them; no audio is in two of them."""
    running: SpeechStarted | None = None
    is_paused = is_soft_ended = False
    spent = 0
    for decision in decisions:
        match decision:
            case SpeechStarted():
                assert running is None
                assert spent <= decision.start_sample < decision.sample or decision.start_sample == spent
                running, is_paused, is_soft_ended = decision, False, False
            case Paused():
                assert running
                assert not is_paused
                is_paused = True
            case SoftEnded():
                assert is_paused
                assert not is_soft_ended
                is_soft_ended = True
            case SpeechResumed():
                assert is_paused
                is_paused = is_soft_ended = False
            case UtteranceEnded() | UtteranceDropped():
                assert running
                assert decision.start_sample == running.start_sample
                if isinstance(decision, UtteranceEnded):
                    assert is_soft_ended or decision.is_forced
                    assert decision.start_sample < decision.speech_end_sample <= decision.end_sample <= decision.sample
                    spent = decision.end_sample
                running = None


def check_reply(followed: list[tuple[bool, list[Decision]]]) -> None:
    """What happens to a reply begins with `Ducked` and ends once."""
    is_ducked = is_held = False
    for is_reply_end, decisions in followed:
        if is_reply_end:
            is_ducked = is_held = False
        for decision in decisions:
            match decision:
                case Ducked():
                    assert not is_ducked
                    is_ducked = True
                case Held():
                    assert is_ducked
                    assert not is_held
                    is_held = True
                case BargedIn() | ReplyResumed():
                    assert is_ducked
                    is_ducked = is_held = False
                case UtteranceEnded():
                    assert not is_ducked


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.lists(_INPUTS, max_size=60))
def test_every_conversation_keeps_to_the_rules(steps: list[tuple]) -> None:
    room = Room()
    followed = play(room, steps)
    check_user(room.decisions)
    check_reply(followed)
    samples = [decision.sample for decision in room.decisions]
    assert samples == sorted(samples)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.lists(_INPUTS, max_size=40))
def test_after_three_seconds_of_silence_the_next_word_is_heard(steps: list[tuple]) -> None:
    room = Room()
    play(room, steps)
    room.hush(3.0)
    room.take(room.turns.reply_ended())
    opened = room.names().count("SpeechStarted")
    closed = room.names().count("UtteranceEnded") + room.names().count("UtteranceDropped")
    assert opened == closed
    room.speak(0.064)
    assert room.names()[-1] == "SpeechStarted"
