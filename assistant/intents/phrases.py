"""What people say who want something of a picture, language by language: `intents/<language>.toml`, as written there.

The notation is that of `assistant.phrases.phrasebook`, with slots of this module. A further language is one more file
and one more entry in LANGUAGES there.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from assistant.phrases.phrasebook import pattern, phrasebook
from models import settings
from models.pictures import Side

LANGUAGES = ("en",)

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
        numbers: the words for how many and which one; -1 for the last.
        sides: words for a side.
        colours: names of colours.
        words: names for parts of phrases; each may use those above it.
        prompts: the same, for what is to be seen; the whole becomes the prompt.
        targets: the same, for a part of the picture.
        phrases: of each rule of `assistant.intents.grammar`.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    numbers: Mapping[str, int]
    sides: Mapping[str, Side]
    colours: tuple[str, ...]
    words: Mapping[str, str]
    prompts: Mapping[str, str]
    targets: Mapping[str, str]
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Patterns:
    """The phrases of one language, to be matched with words that are each followed by one space.

    Attributes:
        before: politeness at the start, once.
        after: politeness up to the end, any number of times.
        rules: name of a rule -> any of its phrases. A group is called as its slot, with "_" and a number behind.
    """

    numbers: Mapping[str, int]
    sides: Mapping[str, Side]
    before: re.Pattern[str]
    after: re.Pattern[str]
    rules: Mapping[str, re.Pattern[str]]


@cache
def intent_phrases(language: str) -> IntentPhrases:
    """The phrases of one of LANGUAGES."""
    name = f"{language}.toml"
    table = tomllib.loads((resources.files("assistant.intents") / name).read_text(encoding="utf-8"))
    return settings.read(IntentPhrases, table, f"intents/{name}")


@cache
def patterns(language: str) -> Patterns:
    """The phrases of one of LANGUAGES, compiled; takes some tenths of a second the first time."""
    known, book = intent_phrases(language), phrasebook(language)
    slots = _slots(known)
    before = pattern([*book.before, *book.hesitations, *known.before], slots)
    after = pattern([*book.after, *book.hesitations, *known.after], slots)
    return Patterns(
        known.numbers,
        known.sides,
        re.compile(before),
        re.compile(rf"(?<!\S){after}+$"),
        {rule: _compiled(phrases, slots) for rule, phrases in known.phrases.items()},
    )


def _slots(known: IntentPhrases) -> Mapping[str, str]:
    """Name of a slot -> regular expression."""
    slots = {
        "any": _ANY,
        "some": _SOME,
        "word": _ONE,
        "prompt": f"(?P<prompt>{_SOME})",
        "target": f"(?P<target>{_PART})",
        "style": f"(?P<style>{_PART})",
        "side": f"(?P<side>{_choice(known.sides)})",
        "number": f"(?P<number>{_choice(known.numbers)}|{_DIGITS})",
        "a_number": f"(?:{_choice(known.numbers)}|{_DIGITS})",
        "colour": f"(?P<prompt>{_choice(known.colours)})",
        "a_colour": _choice(known.colours),
    }
    for name, phrase in known.words.items():
        slots[name] = pattern([phrase], slots)
    for group, named in (("prompt", known.prompts), ("target", known.targets)):
        for name, phrase in named.items():
            slots[name] = f"(?P<{group}>{pattern([phrase], slots)})"
    return slots


def _choice(words: Iterable[str]) -> str:
    # The longest first: "dark green" before "dark".
    return pattern(sorted(words, key=len, reverse=True))


def _compiled(phrases: Iterable[str], slots: Mapping[str, str]) -> re.Pattern[str]:
    numbers: Iterator[int] = itertools.count()
    unique = re.sub(r"\(\?P<(\w+)>", lambda found: f"(?P<{found[1]}_{next(numbers)}>", pattern(phrases, slots))
    return re.compile(unique)
