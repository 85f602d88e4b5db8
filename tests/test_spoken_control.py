"""Commands are understood, and sentences that only contain their words are not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.phrases.phrasebook import LANGUAGES, phrasebook
from assistant.phrases.spoken_control import Command, CommandKind, spoken_command

_TABLE: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("spoken_commands.toml").read_text(encoding="utf-8")
)


def _commands() -> list[tuple[str, str, Command]]:
    rows = []
    for language, kinds in _TABLE.items():
        for kind, sentences in kinds.items():
            for sentence in sentences if kind != "none" else ():
                text, _, argument = sentence.partition(" => ")
                rows.append((language, text, Command(CommandKind(kind), argument)))
    return rows


@pytest.mark.parametrize(("language", "text", "command"), _commands())
def test_a_command_is_understood(language: str, text: str, command: Command) -> None:
    assert spoken_command(text, language) == command


@pytest.mark.parametrize(("language", "text", "command"), _commands())
def test_a_command_is_understood_although_its_language_was_not(language: str, text: str, command: Command) -> None:
    for heard_as in ("en", "it", "gl"):
        assert spoken_command(text, heard_as) == command


@pytest.mark.parametrize("text", [text for kinds in _TABLE.values() for text in kinds["none"]])
def test_a_sentence_that_only_contains_the_words_is_no_command(text: str) -> None:
    for heard_as in (*LANGUAGES, "ja"):
        assert spoken_command(text, heard_as) is None


def test_the_table_covers_every_language_and_kind() -> None:
    assert tuple(_TABLE) == LANGUAGES
    for kinds in _TABLE.values():
        assert set(kinds) == {kind.value for kind in CommandKind} | {"none"}
        assert sum(len(sentences) for kind, sentences in kinds.items() if kind != "none") >= 40
        assert len(kinds["none"]) >= 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrasebook_has_every_kind_of_command_and_no_other(language: str) -> None:
    assert set(phrasebook(language).commands) == {kind.value for kind in CommandKind}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_be_asked_for_by_every_name(language: str) -> None:
    speak = {"en": "Speak", "es": "Habla", "fr": "Parle", "de": "Sprich", "it": "Parla", "pt": "Fale"}[language]
    for name, code in phrasebook(language).languages.items():
        assert spoken_command(f"{speak} {name}.", language) == Command(CommandKind.LANGUAGE, code)


@pytest.mark.parametrize("text", ["", "…", "?!", "♪", "Speak Klingon.", "please " * 500, "stop " * 17])
def test_what_is_not_speech_or_too_long_is_no_command(text: str) -> None:
    assert spoken_command(text, "en") is None


@given(st.text(max_size=60), st.sampled_from([*LANGUAGES, "", "xx"]))
def test_any_text_gets_an_answer(text: str, language: str) -> None:
    assert spoken_command(f"{text} and then he told me a story about goats", language) is None
