"""What people say in each language, as far as the assistant understands it without a model: `phrases/<language>.toml`.

A phrase is written in words, with `[...]` around what may be missing, `(a|b)` between alternatives and `{name}` for a
slot, such as `{language}` for the name of a language: "speak [a (bit|little)] slower". A further language is one more
file and one more entry in LANGUAGES.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from models import settings

LANGUAGES = ("en", "es", "fr", "de", "it", "pt")

_PIECE = re.compile(r"[\[\]()|]|\{\w+\}|[^\s\[\]()|{}]+")
_NO_SLOTS: Mapping[str, str] = MappingProxyType({})
_BRACKETS = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """One language.

    Attributes:
        hesitations: sounds of somebody who is about to go on.
        backchannels: what a listener says without wanting to interrupt.
        inventions: what Whisper writes where nobody speaks, learnt from subtitles.
        never_last: words after which a sentence cannot end.
        seldom_last: words after which it can, but mostly does not.
        before, after: politeness and the like around a command.
        commands: the phrases of each kind of command.
        languages: names of languages, with their ISO 639-1 codes.
        lines: what the assistant says of itself: after a command of that kind, when something has "failed", and when it
            is only called ("awake").
        answers: the phrases of "yes" and of "no".
        picture_lines: what it says of pictures.
    """

    hesitations: tuple[str, ...]
    backchannels: tuple[str, ...]
    inventions: tuple[str, ...]
    never_last: tuple[str, ...]
    seldom_last: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    commands: Mapping[str, tuple[str, ...]]
    languages: Mapping[str, str]
    lines: Mapping[str, str]
    answers: Mapping[str, tuple[str, ...]]
    picture_lines: Mapping[str, str]


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrasebook of one of LANGUAGES."""
    name = f"{language}.toml"
    table = tomllib.loads((resources.files("assistant.phrases") / name).read_text(encoding="utf-8"))
    return settings.read(Phrasebook, table, name)


def spoken_line(name: str, language: str) -> str:
    """What the assistant says of itself, in the language of the conversation where there is a phrasebook for it."""
    return _spoken_by(language).lines[name]


def picture_line(name: str, language: str, **words: object) -> str:
    """What the assistant says of a picture.

    Args:
        name: of the line.
        language: ISO 639-1 code; English stands in where there is no phrasebook.
        words: what the line leaves open.
    """
    return _spoken_by(language).picture_lines[name].format(**words)


def _spoken_by(language: str) -> Phrasebook:
    return phrasebook(language if language in LANGUAGES else "en")


def pattern(phrases: Iterable[str], slots: Mapping[str, str] = _NO_SLOTS) -> str:
    """A regular expression for any one of the phrases; every word in it is followed by one space.

    Args:
        phrases: in the notation of this module.
        slots: name of a slot -> regular expression for its words, each followed by one space.

    Raises:
        KeyError: a phrase has a slot that is not among them.
    """
    return "(?:" + "|".join(_translate(phrase, slots) for phrase in phrases) + ")"


def _translate(phrase: str, slots: Mapping[str, str]) -> str:
    translated = ""
    for piece in _PIECE.findall(phrase):
        if piece.startswith("{"):
            translated += slots[piece[1:-1]]
        else:
            translated += _BRACKETS.get(piece) or re.escape(piece) + " "
    return translated
