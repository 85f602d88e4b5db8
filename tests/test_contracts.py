"""What `models.protocols` promises, asked of every engine that hears, answers or speaks.

What only one engine does is tested elsewhere; those that help to hear are in test_contracts_listening.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from contract_engines import assert_waits_to_be_asked, each_engine, engines, heard, silence, specify

from models import registry
from models.audio import read, resample
from models.errors import EngineFailed, SettingError
from models.types import (
    Audio,
    EngineSpec,
    Message,
    Pause,
    ReplyOptions,
    Segment,
    SpeakOptions,
    Stage,
    TokenCount,
    TranscribeOptions,
)

# openai-whisper never closes the file of its vocabulary, which shows whenever the garbage is collected.
pytestmark = pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'")

QUESTION = [Message("system", "You are a helpful assistant."), Message("user", "What is the capital of France?")]
SENTENCE = "The quick brown fox jumps over the lazy dog."
GREEDY = ReplyOptions(max_new_tokens=12)
SAMPLED = ReplyOptions(max_new_tokens=12, temperature=0.9, top_k=40, top_p=0.95, seed=7)

stt, llm, tts = map(each_engine, ("stt", "llm", "tts"))


@pytest.fixture(scope="module")
def clip(speech: Sequence[Any]) -> Audio:
    """The shortest English recording."""
    return min((read(clip.path) for clip in speech if clip.language == "en"), key=lambda audio: audio.duration_s)


@pytest.mark.parametrize(
    ("stage", "name"),
    [pytest.param(stage, *name.values, marks=name.marks) for stage in registry.ENGINES for name in engines(stage)],
)
def test_an_unknown_option_is_named(stage: Stage, name: str, request: pytest.FixtureRequest) -> None:
    spec = specify(stage, name, request)
    options = {**spec.options, "no_such_option": 1}
    with pytest.raises(SettingError, match='unknown key "no_such_option"'):
        registry.create(EngineSpec(stage, name, spec.model, spec.weights, "cpu", options=options))


# --- speech to text


def test_segments_are_in_order_and_within_the_audio(stt: Any, clip: Audio) -> None:
    segments = heard(stt.transcribe(clip, TranscribeOptions(word_times=True)))
    assert segments
    for segment in segments:
        assert isinstance(segment, Segment)
        assert segment.text
        assert segment.text == segment.text.strip()
        assert len(segment.language) == 2
        # Whisper counts time in steps of 0.02 s and rounds up.
        assert 0 <= segment.start_s < segment.end_s <= clip.duration_s + 0.02
        times = [time_s for word in segment.words for time_s in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert times
        assert all(0 <= word.probability <= 1 for word in segment.words)
    for one, other in itertools.pairwise(segments):
        assert one.end_s <= other.start_s


@pytest.mark.parametrize("sample_rate_hz", [8_000, 44_100, 96_000])
def test_audio_of_any_rate_is_heard(stt: Any, clip: Audio, sample_rate_hz: int) -> None:
    segments = heard(stt.transcribe(resample(clip, sample_rate_hz), TranscribeOptions()))
    assert segments
    assert segments[-1].end_s <= clip.duration_s + 0.02


@pytest.mark.parametrize("duration_s", [0, 0.01, 1, 35])
def test_nothing_is_heard_where_nothing_is_said(stt: Any, duration_s: float) -> None:
    assert heard(stt.transcribe(silence(duration_s), TranscribeOptions())) == []


def test_a_language_that_the_caller_names_is_reported_back(stt: Any, clip: Audio) -> None:
    segments = heard(stt.transcribe(clip, TranscribeOptions(language="en")))
    assert {segment.language for segment in segments} == {"en"}


def test_a_transcript_that_was_closed_changes_nothing_for_the_next(stt: Any, clip: Audio) -> None:
    expected = heard(stt.transcribe(clip, TranscribeOptions()))
    assert_waits_to_be_asked(stt.transcribe(clip, TranscribeOptions()))
    half = stt.transcribe(clip, TranscribeOptions())
    next(half)
    half.close()
    stt.warm_up()
    again = heard(stt.transcribe(clip, TranscribeOptions()))
    assert [segment.text for segment in again] == [segment.text for segment in expected]


def test_windows_at_once_say_what_each_says_alone(stt: Any, clip: Audio) -> None:
    options = TranscribeOptions(language="en", word_times=True)
    windows = [clip, silence(1), resample(clip, 44_100), silence(0), clip.between(0, 0.5 * clip.duration_s)]
    assert_waits_to_be_asked(stt.transcribe_windows(windows, options))
    found: dict[int, list[Segment]] = {}
    for index, segment in heard(stt.transcribe_windows(windows, options)):
        found.setdefault(index, []).append(segment)
    assert {0, 2} <= set(found) <= {0, 2, 4}
    for index, segments in found.items():
        alone = heard(stt.transcribe(windows[index], options))
        if index != 4:  # a word that is cut through may be any
            assert [segment.text for segment in segments] == [segment.text for segment in alone]
        assert [segment.language for segment in segments] == ["en"] * len(alone)
        times = [time_s for segment in segments for word in segment.words for time_s in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= windows[index].duration_s + 0.02
    assert heard(stt.transcribe_windows([], options)) == []


# --- language model


@pytest.mark.parametrize("options", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_equal_seeds_give_equal_replies_whatever_came_between(llm: Any, options: ReplyOptions) -> None:
    first = heard(llm.reply(QUESTION, options))
    assert all(type(delta) is str for delta in first)
    assert "".join(first).strip()
    assert not any(mark in "".join(first) for mark in ("<|", "</s>", "User:"))
    assert heard(llm.reply([Message("user", "Good morning!")], GREEDY))
    assert "".join(heard(llm.reply(QUESTION, options))) == "".join(first)


def test_a_reply_ends_after_its_last_allowed_token(llm: Any) -> None:
    whole = "".join(heard(llm.reply(QUESTION, GREEDY)))
    short = "".join(heard(llm.reply(QUESTION, ReplyOptions(max_new_tokens=3))))
    assert short.strip()
    assert len(short) < len(whole)
    assert whole.startswith(short.rstrip())


def test_a_reply_ends_before_a_stop_string(llm: Any) -> None:
    whole = "".join(heard(llm.reply(QUESTION, GREEDY)))
    stop = whole.split()[-1]
    cut = "".join(heard(llm.reply(QUESTION, replace(GREEDY, stop=("no such text", stop)))))
    assert cut.strip() == whole.partition(stop)[0].strip()


@pytest.mark.parametrize("max_new_tokens", [3, 400])
def test_a_reply_says_how_long_it_was_where_that_is_wanted(llm: Any, max_new_tokens: int) -> None:
    options = ReplyOptions(max_new_tokens=max_new_tokens, stop=(".",))
    expected = "".join(heard(llm.reply(QUESTION, options)))
    *deltas, count = heard(llm.reply(QUESTION, replace(options, count_tokens=True)))
    assert "".join(deltas) == expected
    assert isinstance(count, TokenCount)
    assert count.prompt >= sum(len(message.text.split()) for message in QUESTION)
    assert len(expected.split()) <= count.reply <= max_new_tokens
    assert count.was_cut == (max_new_tokens == 3)


def test_preparing_says_nothing_and_changes_nothing(llm: Any) -> None:
    expected = "".join(heard(llm.reply(QUESTION, GREEDY)))
    assert_waits_to_be_asked(llm.prepare(QUESTION))
    assert "".join(heard(llm.prepare(QUESTION))) == ""
    assert "".join(heard(llm.reply(QUESTION, GREEDY))) == expected
    half = llm.prepare([*QUESTION, Message("assistant", "Paris."), Message("user", "And of")])
    next(half, None)
    half.close()
    assert "".join(heard(llm.reply(QUESTION, GREEDY))) == expected


def test_a_reply_that_was_closed_changes_nothing_for_the_next(llm: Any) -> None:
    expected = "".join(heard(llm.reply(QUESTION, GREEDY)))
    assert_waits_to_be_asked(llm.reply(QUESTION, GREEDY))
    for taken in (1, 3):
        half = llm.reply(QUESTION, GREEDY)
        for _ in range(taken):
            next(half)
        half.close()
    llm.warm_up()
    assert "".join(heard(llm.reply(QUESTION, GREEDY))) == expected


def test_replies_that_are_taken_by_turns_know_nothing_of_each_other(llm: Any) -> None:
    assert llm.by_turns
    asked = [QUESTION, [Message("user", "Good morning!")], QUESTION]
    options = [GREEDY, GREEDY, SAMPLED]
    expected = ["".join(heard(llm.reply(*one))) for one in zip(asked, options, strict=True)]
    llm.warm_up()
    replies = [llm.reply(*one) for one in zip(asked, options, strict=True)]
    found = ["", "", ""]
    for deltas in itertools.zip_longest(*replies, fillvalue=""):
        found = [text + ("" if isinstance(delta, Pause) else delta) for text, delta in zip(found, deltas, strict=True)]
    assert found == expected


# --- text to speech


def duration_s(chunks: Sequence[Audio]) -> float:
    return sum(chunk.duration_s for chunk in chunks)


def test_chunks_are_sound_of_one_rate(tts: Any) -> None:
    chunks = heard(tts.speak(SENTENCE, SpeakOptions()))
    for chunk in chunks:
        assert chunk.samples.dtype == np.float32
        assert chunk.samples.ndim == 1
        assert len(chunk.samples)
        assert np.all(np.abs(chunk.samples) <= 1)  # false for NaN as well
    assert len({chunk.sample_rate_hz for chunk in chunks}) == 1
    # Nine words: nobody says them in less than a second, or takes more than ten.
    assert 1 < duration_s(chunks) < 10
    assert max(np.max(np.abs(chunk.samples)) for chunk in chunks) > 0.05


@pytest.mark.parametrize("text", ["", "   \n", "...", "?!", "—"])
def test_nothing_is_spoken_where_there_is_nothing_to_say(tts: Any, text: str) -> None:
    assert heard(tts.speak(text, SpeakOptions())) == []


@pytest.mark.parametrize("text", ["word\0\x07\x1b[31m word", "👍 word 🎉", "日本語 word", "word " * 300, "a" * 300])
def test_whatever_a_model_writes_can_be_begun(tts: Any, text: str) -> None:
    speaking = tts.speak(text, SpeakOptions())
    assert isinstance(next(speaking), Audio)
    speaking.close()


def test_a_speaker_that_is_not_there_is_named(tts: Any) -> None:
    with pytest.raises(EngineFailed, match="nobody"):
        heard(tts.speak(SENTENCE, SpeakOptions(speaker="nobody")))


def test_twice_the_speed_takes_about_half_the_time(tts: Any) -> None:
    slow, fast = (duration_s(heard(tts.speak(SENTENCE, SpeakOptions(speed=speed)))) for speed in (1.0, 2.0))
    assert 0.3 < fast / slow < 0.8


def test_speech_that_is_taken_by_turns_is_what_it_is_alone(tts: Any) -> None:
    if not getattr(tts, "by_turns", False):
        pytest.skip("this one says one thing after the other")
    texts = [SENTENCE, "Good morning!", SENTENCE]
    expected = [heard(tts.speak(text, SpeakOptions())) for text in texts]
    found = list(itertools.zip_longest(*(tts.speak(text, SpeakOptions()) for text in texts)))
    for place, chunks in enumerate(expected):
        # A voice with chance in it may take a little longer or shorter each time.
        taken = [row[place] for row in found if isinstance(row[place], Audio)]
        assert duration_s(taken) == pytest.approx(duration_s(chunks), rel=0.4)


def test_speech_that_was_closed_changes_nothing_for_the_next(tts: Any) -> None:
    expected = duration_s(heard(tts.speak(SENTENCE, SpeakOptions())))
    assert_waits_to_be_asked(tts.speak(SENTENCE, SpeakOptions()))
    half = tts.speak(SENTENCE, SpeakOptions())
    next(half)
    half.close()
    tts.warm_up()
    # A voice with chance in it may take a little longer or shorter each time.
    assert duration_s(heard(tts.speak(SENTENCE, SpeakOptions()))) == pytest.approx(expected, rel=0.4)
