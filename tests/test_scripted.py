"""The scripted engines: what `--profile scripted`, the demonstrations and the other tests build on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.errors import AudioError, EngineFailed, SettingError
from models.registry import create
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
    Word,
)

NOISE = Audio(np.random.default_rng(0).uniform(-0.3, 0.3, 16_000).astype(np.float32), 16_000)
SILENCE = Audio(np.zeros(16_000, np.float32), 16_000)
HELLO = [Message("user", "Hello there!")]


def engine(stage: Stage, **options: object) -> Any:
    return create(EngineSpec(stage, "scripted", options=options))


def texts(stt: Any, audio: Audio = NOISE) -> list[str]:
    return [segment.text for segment in stt.transcribe(audio, TranscribeOptions())]


def reply(llm: Any, **options: Any) -> list[Any]:
    return list(llm.reply(HELLO, ReplyOptions(**options)))


def test_each_call_hears_the_next_line_and_silence_is_no_call() -> None:
    stt = engine("stt", lines=["one", "two"])
    assert texts(stt) == ["one"]
    assert texts(stt, SILENCE) == []
    assert texts(stt, Audio(np.zeros(0, np.float32), 16_000)) == []
    assert texts(stt) + texts(stt) == ["two", "one"]


def test_the_caller_decides_the_language_if_it_names_one() -> None:
    stt = engine("stt", language="fr")
    languages = [
        next(stt.transcribe(NOISE, options)).language
        for options in (TranscribeOptions(), TranscribeOptions(language="de"), TranscribeOptions(translate=True))
    ]
    assert languages == ["fr", "de", "en"]


def test_word_times_cover_the_audio_evenly() -> None:
    (segment,) = engine("stt", lines=["yes we can no"]).transcribe(NOISE, TranscribeOptions(word_times=True))
    assert segment.words == (
        Word("yes", 0.0, 0.25, 1.0),
        Word("we", 0.25, 0.5, 1.0),
        Word("can", 0.5, 0.75, 1.0),
        Word("no", 0.75, 1.0, 1.0),
    )


def test_replies_come_word_by_word_and_an_empty_one_echoes() -> None:
    llm = engine("llm", replies=["Paris it is.", ""])
    assert reply(llm) == ["Paris", " it", " is."]
    assert reply(llm) == ["You", " said:", " Hello", " there!"]
    assert reply(llm, max_new_tokens=2) == ["Paris", " it"]


def test_preparing_yields_nothing_and_is_no_call() -> None:
    llm = engine("llm", replies=["one", "two"])
    assert list(llm.prepare(HELLO)) == []
    assert reply(llm) == ["one"]


def test_a_word_is_a_fifth_of_a_second_of_tone() -> None:
    chunks = list(engine("tts").speak("Well, hello — there!", SpeakOptions()))
    assert [chunk.duration_s for chunk in chunks] == pytest.approx([0.1] * 6)
    samples = np.concatenate([chunk.samples for chunk in chunks])
    assert samples.dtype == np.float32
    loudest = np.argmax(np.abs(np.fft.rfft(samples))) * 24_000 / len(samples)
    assert loudest == pytest.approx(440, abs=1)
    # No jump where one chunk ends and the next begins: a step is never larger than the tone's steepest one.
    assert np.max(np.abs(np.diff(samples))) <= 0.25 * 2 * np.pi * 440 / 24_000 + 1e-6


def test_twice_the_speed_takes_half_the_time() -> None:
    tts = engine("tts", chunk_s=0.3)
    durations = [
        [round(chunk.duration_s, 6) for chunk in tts.speak("one two", SpeakOptions(speed=speed))]
        for speed in (1.0, 2.0)
    ]
    assert durations == [[0.3, 0.1], [0.2]]


def test_probability_of_speech_follows_the_level() -> None:
    vad = engine("vad", quiet_db=-50.0, loud_db=-30.0)
    levels_db = [-90, -50, -45, -40, -35, -30, 0]
    frames = [Audio(np.full(512, 10 ** (level / 20), np.float32), 16_000) for level in levels_db]
    assert [vad.probability(frame) for frame in frames] == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1, 1], abs=1e-6)
    assert vad.probability(Audio(np.zeros(512, np.float32), 16_000)) == 0
    with pytest.raises(AudioError, match="not 511 at 16000 Hz"):
        vad.probability(Audio(np.zeros(511, np.float32), 16_000))


def test_pauses_stand_where_time_is_to_pass() -> None:
    heard = list(engine("stt", lines=["one"], pause_s=0.5).transcribe(NOISE, TranscribeOptions()))
    assert heard == [Pause(0.5), Segment("one", 0.0, 1.0, "en")]
    assert reply(engine("llm", replies=["a b"], pause_s=0.1)) == [Pause(0.1), "a", Pause(0.1), " b"]
    spoken = list(engine("tts", pause_s=0.2).speak("one", SpeakOptions()))
    assert [isinstance(item, Pause) for item in spoken] == [True, False, True, False]


def test_the_script_can_ask_for_a_failure() -> None:
    calls = [
        (engine("stt", fail_on=[2]), lambda stt: list(stt.transcribe(NOISE, TranscribeOptions()))),
        (engine("llm", fail_on=[2]), reply),
        (engine("tts", fail_on=[2]), lambda tts: list(tts.speak("one", SpeakOptions()))),
    ]
    for scripted, call in calls:
        assert call(scripted)
        with pytest.raises(EngineFailed, match="the script says that call 2 fails"):
            call(scripted)
        assert call(scripted)


@pytest.mark.parametrize(
    ("stage", "options", "message"),
    [
        ("stt", {"line": ["one"]}, r'options of the scripted stt: unknown key "line"; did you mean "lines"\?'),
        ("stt", {"lines": []}, "lines is empty"),
        ("llm", {"replies": []}, "replies is empty"),
        ("llm", {"pause_s": -1}, "pause_s = -1.0 is negative"),
        ("tts", {"chunk_s": 0}, "chunk_s = 0.0 must be above 0"),
        ("vad", {"quiet_db": -30, "loud_db": -30}, "is not below"),
        ("vad", {"threshold": 0.5}, "unknown key"),
    ],
)
def test_a_wrong_script_is_named(stage: Stage, options: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        engine(stage, **options)


def test_two_fresh_engines_say_the_same() -> None:
    one, other = (list(engine("tts").speak("a b", SpeakOptions())) for _ in range(2))
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(one, other, strict=True))
    assert reply(engine("llm")) == reply(engine("llm"))
