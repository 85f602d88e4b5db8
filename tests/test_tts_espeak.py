"""The espeak-ng program as a voice. What every voice must do is in test_contracts.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest

from models.errors import EngineFailed, EngineUnavailable, SettingError
from models.tts import espeak as tts_espeak
from models.tts.espeak import EspeakTextToSpeech
from models.types import EngineSpec, SpeakOptions, joined

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="the program espeak-ng is not installed")


def espeak(**options: object) -> EspeakTextToSpeech:
    return EspeakTextToSpeech(EngineSpec("tts", "espeak", options=options))


def children() -> list[psutil.Process]:
    """Of any program but Python, whose own helpers stay once they are started."""
    return [child for child in psutil.Process().children() if not child.name().startswith("python")]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of espeak-ng, to be written by the test."""
    path = tmp_path / "espeak-ng"
    path.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return path


@needs_espeak
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "¿Qué hora es?"),
        ("fr", "Quelle heure est-il ?"),
        ("de", "Wie spät ist es?"),
        ("zh", "现在几点？"),
        ("ru", "Который час?"),
        ("hi", "समय क्या है?"),
    ],
)
def test_many_languages_are_spoken(language: str, text: str) -> None:
    audio = joined(espeak().speak(text, SpeakOptions(language=language)))
    assert audio.duration_s > 0.4
    assert np.sqrt(np.mean(audio.samples**2)) > 0.01


@needs_espeak
def test_an_unknown_language_is_named() -> None:
    with pytest.raises(EngineFailed, match=r"xx.*--voices"):
        list(espeak().speak("Hello.", SpeakOptions(language="xx")))


@needs_espeak
def test_a_speaker_is_a_variant() -> None:
    deep, high = (joined(espeak().speak("Hello.", SpeakOptions(speaker=name))).samples for name in ("m1", "f2"))
    assert len(deep) != len(high) or not np.array_equal(deep, high)
    with pytest.raises(EngineFailed, match="nobody"):
        list(espeak().speak("Hello.", SpeakOptions(speaker="nobody")))


@needs_espeak
def test_text_and_language_are_never_read_as_options() -> None:
    assert joined(espeak().speak("--version", SpeakOptions())).duration_s > 0.3
    with pytest.raises(EngineFailed):
        list(espeak().speak("Hello.", SpeakOptions(language="--version")))


@needs_espeak
def test_ten_kilobytes_are_spoken_and_can_be_stopped() -> None:
    speaking = espeak().speak("many words without an end " * 400, SpeakOptions())
    assert next(speaking).duration_s > 0
    assert len(children()) == 1
    speaking.close()
    assert not children()


@needs_espeak
def test_a_slow_pace_is_slower_than_a_quick_one() -> None:
    slow, quick = (joined(espeak(words_per_minute=n).speak("One two three four.", SpeakOptions())) for n in (100, 250))
    assert slow.duration_s > 1.5 * quick.duration_s


@needs_espeak
@pytest.mark.parametrize("options", [{"words_per_minute": 1000}, {"pitch": -1}, {"pitsch": 3}])
def test_a_wrong_option_is_named(options: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(options))):
        espeak(**options)


def test_a_missing_program_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="apt install espeak-ng"):
        espeak()


def test_a_program_that_hangs_is_killed_at_the_deadline(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    monkeypatch.setattr(tts_espeak, "DEADLINE_S", 0.2)
    with pytest.raises(EngineFailed, match="took too long"):
        list(espeak().speak("Hello.", SpeakOptions()))
    assert not children()


def test_a_program_that_fails_is_reported(program: Path) -> None:
    program.write_text("#!/bin/sh\necho 'no data' >&2\nexit 2\n")
    with pytest.raises(EngineFailed, match="no data"):
        list(espeak().speak("Hello.", SpeakOptions()))
