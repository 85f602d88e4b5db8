"""Live conversations over scripted engines, on a virtual clock: every transition of turn taking, and what follows."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from live import LONG_REPLY, MORE, QUESTION, STT, check, converse, live, replies, said, silence

from assistant import events
from assistant.config import load_profile
from assistant.events import Event
from assistant.phrases.phrasebook import spoken_line
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.weights.store import Store

ANSWER = "The capital of France is Paris. It lies on the Seine."


def test_a_question_is_answered_and_remembered(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(0.5)])
    assert course.kinds == ["SpeechStarted", "SpeechEnded", "FinalTranscript", "TurnEnded"]
    assert course.history == [QUESTION, ANSWER]
    assert len(course.played()[course.played() != 0]) == pytest.approx(11 * 0.2 * 24_000, rel=0.01)


def test_the_reply_is_made_before_it_is_certain_that_the_user_has_finished(tmp_path: Path) -> None:
    changes = ("llm.options.pause_s=0.01", "turn_taking.complete_silence_s=0.3")
    course = converse(tmp_path, [said(QUESTION), silence(0.5)], *changes)
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


@pytest.mark.parametrize("stt_pause_s", [0.0, 0.3])
def test_words_over_a_reply_end_it_and_only_what_was_heard_is_remembered(tmp_path: Path, stt_pause_s: float) -> None:
    course = converse(
        tmp_path,
        [said(QUESTION), silence(2.0), said(MORE), silence(0.5)],
        replies(LONG_REPLY, "Madrid."),
        f"stt.options.pause_s={stt_pause_s}",
    )
    stages = [
        "Ducked",
        "SpeechStarted",
        "Held",
        "Interrupted",
        "SpeechEnded",
        "FinalTranscript",
        "TurnEnded",
    ]
    assert course.kinds[3:] == stages
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


@pytest.mark.parametrize(
    ("over_it", "interruptions"), [(("Bravo", "Charlie"), 0), (("Charlie", "Bravo"), 1), (("Stop.",), 1)]
)
def test_its_own_words_coming_back_do_not_interrupt_a_reply(
    tmp_path: Path, over_it: tuple[str, ...], interruptions: int
) -> None:
    reply = "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar."
    sound = [said(QUESTION), silence(2.0), said(*over_it, each_s=0.4), silence(4.0)]
    course = converse(tmp_path, sound, replies(reply, "Yes?"))
    assert len(course.of(events.Ducked)) == 1
    assert len(course.of(events.Interrupted)) == interruptions
    if not interruptions:
        assert course.history == [QUESTION, reply]


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


def test_a_question_whose_reply_was_not_heard_at_all_is_answered_with_what_follows(tmp_path: Path) -> None:
    """The reply is cut off within its first word."""
    course = converse(
        tmp_path,
        [said(QUESTION), silence(0.35), said(MORE), silence(0.5)],
        replies("Void.", "Paris and Madrid."),
        "tts.voices.tone.options.word_s=3.0",
    )
    assert course.one(events.Interrupted).heard == ""
    assert course.history == [f"{QUESTION} {MORE}", "Paris and Madrid."]


def test_stop_ends_the_reply_and_nothing_more_is_said(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(2.0), said("Stop."), silence(3.0)], replies(LONG_REPLY))
    assert course.transcripts == [QUESTION, "Stop."]
    interrupted = course.one(events.Interrupted)
    assert not np.any(course.played(interrupted.t_s + 0.02))
    assert course.history == [QUESTION, interrupted.heard]


def test_what_was_said_is_said_again_on_demand_and_remembered_once(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(4.0), said("Say that again."), silence(0.5)])
    assert [ended.reply for ended in course.of(events.TurnEnded)] == [ANSWER, ANSWER]
    assert course.history == [QUESTION, ANSWER]


def test_slower_and_louder_change_how_the_next_reply_sounds(tmp_path: Path) -> None:
    course = converse(
        tmp_path,
        [said("Speak slower."), silence(4.0), said("Speak louder."), silence(4.0), said(QUESTION), silence(0.5)],
    )
    assert course.session.speed == pytest.approx(0.8)
    reply = course.played(course.of(events.SpeechEnded)[2].t_s)
    assert np.count_nonzero(reply) / 24_000 == pytest.approx(11 * 0.2 / 0.8, rel=0.01)
    assert np.abs(reply).max() == pytest.approx(0.25 * 1.25, rel=0.01)


def test_another_language_is_spoken_from_the_command_on(tmp_path: Path) -> None:
    course = converse(tmp_path, [said("Speak French."), silence(0.5)])
    assert course.session.language == "fr"
    assert [ended.reply for ended in course.of(events.TurnEnded)] == [spoken_line("language", "fr")]


def test_start_over_forgets_the_conversation(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(4.0), said("Start over."), silence(0.5)])
    assert course.history == []


def test_goodbye_is_answered_and_ends_the_conversation_although_the_sound_goes_on(tmp_path: Path) -> None:
    course = converse(tmp_path, [said("Goodbye."), silence(60.0), said(QUESTION)])
    assert course.kinds == ["SpeechStarted", "SpeechEnded", "FinalTranscript", "TurnEnded"]
    assert sum(len(frame.samples) for frame in course.frames) < 10 * 24_000


def test_an_utterance_without_words_makes_no_turn(tmp_path: Path) -> None:
    course = converse(tmp_path, [said("[coughs]", each_s=0.5), silence(3.0)])
    assert course.kinds == ["SpeechStarted", "SpeechDropped"]
    assert not np.any(course.played())


@pytest.mark.parametrize("stage", ["stt", "llm", "tts.voices.tone"])
def test_a_stage_that_fails_is_told_aloud_and_the_conversation_goes_on(tmp_path: Path, stage: str) -> None:
    fails = "[1, 2]" if stage == "stt" else "[1]"  # the first failure to hear is made good in silence
    course = converse(
        tmp_path, [said(QUESTION), silence(5.0), said(MORE), silence(0.5)], f"{stage}.options.fail_on={fails}"
    )
    assert "fails" in course.one(events.Notice).text
    assert [ended.reply for ended in course.of(events.TurnEnded)] == [spoken_line("failed", "en"), ANSWER]
    assert course.history == [MORE, ANSWER]


def test_one_failure_to_hear_is_not_noticed(tmp_path: Path) -> None:
    course = converse(tmp_path, [said(QUESTION), silence(0.5)], "stt.options.fail_on=[1]")
    assert course.kinds == ["SpeechStarted", "SpeechEnded", "FinalTranscript", "TurnEnded"]


@pytest.mark.parametrize(
    ("stage", "moment"), [("stt", events.SpeechStarted), ("llm", events.SpokenAudio), ("tts", events.SpokenAudio)]
)
def test_a_worker_that_is_killed_in_the_middle_of_a_turn_comes_back(
    tmp_path: Path, stage: str, moment: type[Event]
) -> None:
    killed: list[int] = []

    def kill(event: Event, stages: Stages) -> None:
        if isinstance(event, moment) and not killed:
            workers = dict(zip(("stt", "llm", "tts"), stages.workers()[:3], strict=True))
            killed.append(workers[stage].pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    course = converse(
        tmp_path,
        [said(QUESTION), silence(25.0), said(MORE), silence(0.5)],
        "workers.mode=process",
        replies(f"{LONG_REPLY} {LONG_REPLY}"),  # so long that the language model is still writing while it sounds
        on_event=kill,
    )
    assert course.transcripts == [QUESTION, MORE]
    *_, last = course.of(events.TurnEnded)
    assert last.reply == f"{LONG_REPLY} {LONG_REPLY}"
    assert len(course.of(events.Notice)) == (stage != "stt")
    assert course.history[-2:] == [MORE, f"{LONG_REPLY} {LONG_REPLY}"]


def test_two_live_conversations_share_the_workers_and_keep_apart(tmp_path: Path) -> None:
    async def main() -> None:
        profile = load_profile("scripted", ["workers.mode=inline", STT, 'llm.options.replies=[""]'])
        async with Stages(profile, Store(tmp_path)) as stages:
            recordings = [[said(question), silence(0.5)] for question in (QUESTION, MORE)]
            courses = await asyncio.gather(
                *(live(Session(replace(profile), stages), recording) for recording in recordings)
            )
        for course, question in zip(courses, (QUESTION, MORE), strict=True):
            check(course)
            assert course.history == [question, f"You said: {question}"]

    run(main())
