"""What holds in every conversation, shown on random ones."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from turn_taking_room import FRAME, RATE, SILENCE, Room

from assistant.turns.decisions import (
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

_TEXTS = st.sampled_from(["", "mhm", "okay", "um", "stop", "I would like to", "What time is it?", "[Music]", "the"])
_INPUTS = st.one_of(
    st.tuples(st.just("speak"), st.floats(0.03, 6)),
    st.tuples(st.just("hush"), st.floats(0.03, 1)),
    st.tuples(st.just("tremble"), st.floats(0, 1)),
    st.tuples(st.just("startle"), st.integers(1, 8)),
    st.tuples(st.just("read"), _TEXTS, st.integers(0, 40), st.floats(0, 1)),
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
            case ("startle", n_frames):
                for _ in range(n_frames):
                    room.take(room.turns.startle(FRAME))
                    room.hear(FRAME / RATE, SILENCE)
            case ("read", text, frames_ago, certainty):
                room.take(room.turns.read(text, "en", room.now - frames_ago * FRAME, certainty))
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


@settings(max_examples=300, deadline=None)
@given(st.lists(_INPUTS, max_size=60))
def test_every_conversation_keeps_to_the_rules(steps: list[tuple]) -> None:
    room = Room()
    followed = play(room, steps)
    check_user(room.decisions)
    check_reply(followed)
    samples = [decision.sample for decision in room.decisions]
    assert samples == sorted(samples)


@settings(max_examples=200, deadline=None)
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
