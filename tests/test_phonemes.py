"""espeak-ng inside the process and as a program: both say the same."""

from __future__ import annotations

import difflib
import shutil
import sys
from pathlib import Path

import pytest

from models.errors import EngineFailed, EngineUnavailable
from models.tts.phonemes import EmbeddedEspeak, EspeakProgram, phonemizer
from models.tts.spoken_text import spoken

SENTENCES = [
    "Doctor Smith paid $3,450.75 in the U.S. yesterday, at half past seven; really? Yes!",
    "Write to john.smith@example.com (or call).",
    "The year 1999 – not 2005 – was warm: it's \"fine\", isn't it?",
    "He said \"stop!\" and left…",
    "1,000,000 people; 25% of them.",
    "On 3/14/2024, at 7:30 p.m., Dr. Jones spoke in Washington, D.C. about NASA.",
]  # fmt: skip
OTHERS = [
    ("de", "Das ist, z. B. für 3,50 Euro, gut. Ja?"),
    ("fr", "Bonjour ! Ça va, toi ?"),
    ("es", "¿Qué tal? ¡Hola! Son 3 €."),
]


@pytest.fixture(scope="module")
def program() -> str:
    path = shutil.which("espeak-ng")
    if path is None:
        pytest.skip("the program espeak-ng is not installed")
    return path


@pytest.fixture(scope="module")
def _embedded() -> None:
    pytest.importorskip("piper", reason="the extra [phonemizer] is not installed")


@pytest.mark.usefixtures("_embedded")
@pytest.mark.parametrize(("voice", "text"), [*(("en-us", spoken(sentence, "en")) for sentence in SENTENCES), *OTHERS])
def test_the_library_and_the_program_give_nearly_the_same_phonemes(program: str, voice: str, text: str) -> None:
    inside, outside = EmbeddedEspeak(voice).phonemes(text), EspeakProgram(voice, program).phonemes(text)
    # Their versions differ in a few vowels ("four": ɔː, oː).
    assert difflib.SequenceMatcher(None, inside, outside).ratio() > 0.9
    assert [mark for mark in inside if mark in ".,:;!?"] == [mark for mark in outside if mark in ".,:;!?"]


def test_marks_inside_a_number_or_an_abbreviation_do_not_divide_it(program: str) -> None:
    ipa = EspeakProgram("en-us", program).phonemes("It costs 3,450.75 dollars in the U.S. today.")
    assert not set(".,") & set(ipa[:-1])
    assert "θˈaʊzənd" in ipa
    assert "jˌuːˈɛs" in ipa


def test_each_clause_keeps_the_mark_that_ended_it(program: str) -> None:
    ipa = EspeakProgram("en-us", program).phonemes("One, two; three: four! Five? Six.")
    assert [mark for mark in ipa if mark in ".,:;!?"] == list(",;:!?.")


def test_a_clause_that_espeak_divides_further_keeps_all_its_words(program: str) -> None:
    words = "seven " * 400  # espeak-ng ends a clause where its buffer is full
    assert EspeakProgram("en-us", program).phonemes(f"{words}, end.").count("sˈɛvən") == 400


@pytest.mark.parametrize("text", ["", " ", "...", "?!", "—"])
def test_nothing_to_say_has_no_phonemes(program: str, text: str) -> None:
    assert EspeakProgram("en-us", program).phonemes(text).strip(" .,;:!?") == ""


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises((EngineFailed, EngineUnavailable), match="xx"):
        phonemizer("xx")


def test_a_region_that_espeak_does_not_know_is_spoken_as_its_language(program: str) -> None:
    assert phonemizer("fr-zz").phonemes("Bonjour.") == phonemizer("fr").phonemes("Bonjour.")


@pytest.fixture
def _no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)
    monkeypatch.setattr("models.tts.phonemes.find_spec", lambda _name: None)


@pytest.mark.usefixtures("_no_library")
def test_without_the_library_the_program_is_used(program: str) -> None:
    assert isinstance(phonemizer("en-us"), EspeakProgram)


@pytest.mark.usefixtures("_no_library")
def test_without_either_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="apt install espeak-ng"):
        phonemizer("en-us")


def test_a_program_that_fails_is_reported(tmp_path: Path) -> None:
    script = tmp_path / "espeak-ng"
    script.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(EngineFailed, match="broken"):
        EspeakProgram("en-us", str(script)).phonemes("Hello.")
