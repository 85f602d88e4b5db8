"""What `models.protocols` promises, asked of every engine in the registry. What only one does is tested elsewhere."""

from __future__ import annotations

import inspect
import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import word_server

from models import registry
from models.audio import read, resample
from models.errors import AudioError, EngineFailed, SettingError
from models.types import (
    Audio,
    EngineSpec,
    Message,
    Pause,
    ReplyOptions,
    Segment,
    SpeakOptions,
    Stage,
    TranscribeOptions,
)

# Small weights for the engines that take theirs from the store. A new engine with weights adds its line here.
WEIGHTS = {
    "silero": "silero-vad",
    "whisper": "whisper-base",
    "transformers": "smollm2-135m-instruct",
    "coqui": "piper-joe",
}

QUESTION = [Message("system", "You are a helpful assistant."), Message("user", "What is the capital of France?")]
SENTENCE = "The quick brown fox jumps over the lazy dog."
GREEDY = ReplyOptions(max_new_tokens=12)
SAMPLED = ReplyOptions(max_new_tokens=12, temperature=0.9, top_k=40, top_p=0.95, seed=7)


def silence(duration_s: float, sample_rate_hz: int = 16_000) -> Audio:
    return Audio(np.zeros(round(duration_s * sample_rate_hz), np.float32), sample_rate_hz)


def heard(items: Iterator[Any]) -> list[Any]:
    """What a driver passes on: everything but the pauses of scripted engines."""
    return [item for item in items if not isinstance(item, Pause)]


def engines(stage: Stage) -> list[Any]:
    marks = {True: [pytest.mark.weights], False: []}
    return [pytest.param(name, marks=marks[entry.has_weights]) for name, entry in registry.ENGINES[stage].items()]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with word_server.serving() as url:
        yield url


Specify = Callable[[Stage, str], EngineSpec]


@pytest.fixture(scope="module")
def specify(request: pytest.FixtureRequest) -> Specify:
    def spec(stage: Stage, name: str) -> EngineSpec:
        if name == "hibari":
            pytest.importorskip("hibari", reason="the extra [hibari] is not installed")
        if name == "espeak" and shutil.which("espeak-ng") is None:
            pytest.skip("the program espeak-ng is not installed")
        if name == "openai":
            return EngineSpec(stage, name, "any", options={"base_url": request.getfixturevalue("server_url")})
        if not registry.find(stage, name).has_weights:
            return EngineSpec(stage, name)
        weights: Callable[[str], Path] = request.getfixturevalue("weights")
        return EngineSpec(stage, name, WEIGHTS[name], weights(WEIGHTS[name]), device="cpu")

    return spec


def each_engine(stage: Stage) -> Any:
    @pytest.fixture(scope="module", params=engines(stage), name=stage)
    def engine(request: pytest.FixtureRequest, specify: Specify) -> Any:
        return registry.create(specify(stage, request.param))

    return engine


vad, stt, llm, tts = map(each_engine, ("vad", "stt", "llm", "tts"))


@pytest.fixture(scope="module")
def clip(speech: Sequence[Any]) -> Audio:
    """The shortest English recording."""
    return min((read(clip.path) for clip in speech if clip.language == "en"), key=lambda audio: audio.duration_s)


def named() -> list[Any]:
    return [
        pytest.param(stage, *name.values, marks=name.marks) for stage in registry.ENGINES for name in engines(stage)
    ]


# --- all stages


@pytest.mark.parametrize(("stage", "name"), named())
def test_an_unknown_option_is_named(stage: Stage, name: str, specify: Specify) -> None:
    spec = specify(stage, name)
    options = {**spec.options, "no_such_option": 1}
    with pytest.raises(SettingError, match='unknown key "no_such_option"'):
        registry.create(EngineSpec(stage, name, spec.model, spec.weights, "cpu", options=options))


def assert_waits_to_be_asked(items: Any) -> None:
    assert inspect.getgeneratorstate(items) == inspect.GEN_CREATED
    items.close()


# --- voice activity


def frames(vad: Any, audio: Audio) -> list[Audio]:
    samples = resample(audio, vad.sample_rate_hz).samples
    starts = range(0, len(samples) - vad.frame_samples + 1, vad.frame_samples)
    return [Audio(samples[start : start + vad.frame_samples], vad.sample_rate_hz) for start in starts]


def test_speech_is_likelier_than_silence(vad: Any, clip: Audio) -> None:
    vad.reset()
    assert max(vad.probability(frame) for frame in frames(vad, silence(1))) < 0.5
    vad.reset()
    speech = [vad.probability(frame) for frame in frames(vad, clip)]
    assert all(type(probability) is float and 0 <= probability <= 1 for probability in speech)
    assert np.mean(np.array(speech) > 0.5) > 0.5


def test_after_a_reset_the_same_sound_means_the_same(vad: Any, clip: Audio) -> None:
    vad.reset()
    first = [vad.probability(frame) for frame in frames(vad, clip)[:50]]
    vad.reset()
    assert [vad.probability(frame) for frame in frames(vad, clip)[:50]] == first


@pytest.mark.parametrize(("surplus_samples", "factor"), [(1, 1), (-1, 1), (0, 2)])
def test_a_frame_of_another_length_or_rate_is_refused(vad: Any, surplus_samples: int, factor: int) -> None:
    samples = np.zeros(vad.frame_samples + surplus_samples, np.float32)
    with pytest.raises(AudioError, match=str(vad.frame_samples)):
        vad.probability(Audio(samples, vad.sample_rate_hz * factor))


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
    assert heard(stt.transcribe(clip, TranscribeOptions())) == expected


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
    assert 0.35 < fast / slow < 0.75


def test_speech_that_was_closed_changes_nothing_for_the_next(tts: Any) -> None:
    expected = duration_s(heard(tts.speak(SENTENCE, SpeakOptions())))
    assert_waits_to_be_asked(tts.speak(SENTENCE, SpeakOptions()))
    half = tts.speak(SENTENCE, SpeakOptions())
    next(half)
    half.close()
    tts.warm_up()
    # A voice with chance in it may take a little longer or shorter each time.
    assert duration_s(heard(tts.speak(SENTENCE, SpeakOptions()))) == pytest.approx(expected, rel=0.2)
