"""What people say who want something of a picture, language by language: `intents/<language>_<part>.toml`.

The notation is that of `assistant.phrases.phrasebook`, with slots of this module. A further language is three more
files, and one more entry in LANGUAGES there.
"""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypeVar

from assistant.phrases.phrasebook import pattern, phrasebook
from assistant.phrases.words import Token, tokens
from models import settings
from models.pictures import Side

T = TypeVar("T")

# Files of a language: what stands around a request, what is asked for, what is to be changed, what only sounds like it.
_PARTS = ("words", "requests", "changes", "talk")
# Words of a slot; each as few as the rest of the phrase allows, so that "please" and the like stay outside.
_SOME, _ANY, _ONE = r"(?:\S+ )+?", r"(?:\S+ )*?", r"\S+ "
# What is a part of a picture has a short name; an indefinite search over two long slots would be slow.
_PART = r"(?:\S+ ){1,8}?"
# "2", "2nd", "2.", "2ª", "2ème"
_DIGITS = r"\d{1,2}(?:st|nd|rd|th|º|ª|o|a|e|er|ère|ème)? "


@dataclass(frozen=True, slots=True)
class IntentPhrases:
    """One language.

    Attributes:
        before, after: politeness and comments around a request, beside those of the phrasebook.
        corrections: what is said between a slip and what was meant: "a dog no wait a cat".
        numbers: how many and which one, in digits or "last" -> the words for it.
        sides: side -> the words for it.
        colours: names of colours.
        words: names for parts of phrases; each may use those above it.
        prompts: the same, for what is to be seen; the whole becomes the prompt.
        targets: the same, for a part of the picture.
        phrases: of each rule of `assistant.intents.grammar`.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    corrections: tuple[str, ...]
    numbers: Mapping[str, tuple[str, ...]]
    sides: Mapping[Side, tuple[str, ...]]
    colours: tuple[str, ...]
    words: Mapping[str, str]
    prompts: Mapping[str, str]
    targets: Mapping[str, str]
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Patterns:
    """The phrases of one language, to be matched with words that are each followed by one space.

    Attributes:
        numbers: words -> how many or which one; -1 for the last.
        sides: words -> side.
        before: politeness at the start, once.
        after: politeness up to the end, any number of times.
        slip: what is taken back, up to the end of the correction.
        rules: name of a rule -> any of its phrases. A group is called as its slot, with "_" and a number behind.
    """

    numbers: Mapping[str, int]
    sides: Mapping[str, Side]
    before: re.Pattern[str]
    after: re.Pattern[str]
    slip: re.Pattern[str]
    rules: Mapping[str, re.Pattern[str]]


def words(text: str) -> list[Token]:
    """The words of a text as these patterns compare them; apart from the accents, "l'image" is two."""
    return [part for token in tokens(text) for part in _split(text, token)]


@cache
def intent_phrases(language: str) -> IntentPhrases:
    """The phrases of one of LANGUAGES."""
    table: dict[str, dict[str, object]] = {}
    for part in _PARTS:
        file = resources.files("assistant.intents") / f"{language}_{part}.toml"
        for name, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            table[name] = {**table.get(name, {}), **entries} if isinstance(entries, dict) else entries
    return settings.read(IntentPhrases, table, f"intents/{language}")


@cache
def patterns(language: str) -> Patterns:
    """The phrases of one of LANGUAGES, compiled; takes some tenths of a second the first time."""
    known, book = intent_phrases(language), phrasebook(language)
    slots = _slots(known)
    before = _pattern([*book.before, *book.hesitations, *known.before], slots)
    after = _pattern([*book.after, *book.hesitations, *known.after], slots)
    return Patterns(
        {folded(word).rstrip(): -1 if number == "last" else int(number) for number, word in _pairs(known.numbers)},
        {folded(word).rstrip(): side for side, word in _pairs(known.sides)},
        re.compile(before),
        re.compile(rf"(?<!\S){after}+$"),
        re.compile(rf"(?:\S+ )*{_pattern(known.corrections, slots)}(?=\S)"),
        {rule: _compiled(phrases, slots) for rule, phrases in known.phrases.items()},
    )


def _slots(known: IntentPhrases) -> Mapping[str, str]:
    """Name of a slot -> regular expression."""
    numbers = _choice(word for _, word in _pairs(known.numbers))
    counts = _choice(word for number, word in _pairs(known.numbers) if number not in ("1", "last"))
    sides = _choice(word for _, word in _pairs(known.sides))
    slots = {
        "any": _ANY,
        "some": _SOME,
        "word": _ONE,
        "prompt": f"(?P<prompt>{_SOME})",
        "target": f"(?P<target>{_PART})",
        "style": f"(?P<style>{_PART})",
        "side": f"(?P<side>{sides})",
        "number": f"(?P<number>{numbers}|{_DIGITS})",
        "count": f"(?P<number>{counts}|{_DIGITS})",
        "a_number": f"(?:{numbers}|{_DIGITS})",
        "colour": f"(?P<prompt>{_choice(known.colours)})",
        "a_colour": _choice(known.colours),
    }
    for name, phrase in known.words.items():
        slots[name] = _pattern([phrase], slots)
    for group, named in (("prompt", known.prompts), ("target", known.targets)):
        for name, phrase in named.items():
            slots[name] = f"(?P<{group}>{_pattern([phrase], slots)})"
    return slots


def _pairs(table: Mapping[T, Iterable[str]]) -> list[tuple[T, str]]:
    return [(key, word) for key, words in table.items() for word in words]


def _choice(words: Iterable[str]) -> str:
    # The longest first: "dark green" before "dark".
    return _pattern(sorted(words, key=len, reverse=True), {"word": _ONE})


def _compiled(phrases: Iterable[str], slots: Mapping[str, str]) -> re.Pattern[str]:
    numbers: Iterator[int] = itertools.count()
    unique = re.sub(r"\(\?P<(\w+)>", lambda found: f"(?P<{found[1]}_{next(numbers)}>", _pattern(phrases, slots))
    return re.compile(unique)


def _split(text: str, token: Token) -> Iterator[Token]:
    start = token.start
    for part in re.findall(r"[^'’]+['’]?", text[token.start : token.end]):
        yield Token(folded(part.replace("’", "'")).rstrip(), start, start + len(part))
        start += len(part)


def _pattern(phrases: Iterable[str], slots: Mapping[str, str]) -> str:
    return pattern([folded(phrase) for phrase in phrases], slots)


def folded(text: str) -> str:
    """Without accents, which Whisper may forget, and with a space after an apostrophe: "l'image" is two words."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("'", "' ")
