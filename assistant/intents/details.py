"""What belongs to a wish beside its kind: which side, which one; and names without the words around them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from assistant.intents.intent import Intent, IntentKind
from assistant.intents.phrases import patterns, words
from assistant.phrases.phrasebook import LANGUAGES
from models.pictures import Side

# Politeness may stand anywhere, in the middle of a request as well: "disegnami per piacere un asinello".
_POLITE = (
    r"(?:please|kindly|bitte|doch|mal|eben|einfach|por favor|porfa|porfavor|se faz favor|s'il (?:te|vous) pla[iî]t"
    r"|per (?:piacere|favore|cortesia)|je (?:te|vous) prie)"
)
# What is left of a verb in two parts: "das Schild kann | weg".
_VERBS = r"(?:kann|k[oö]nnte|k[oö]nnen|soll|sollte|sollen|muss|darf|can|should|could|puede|peut|pu[oò]|pode)"
_BEFORE = re.compile(rf"(?:{_POLITE}[,.]?\s+)+", re.IGNORECASE)
_BEHIND = re.compile(rf"(?:,?\s+(?:{_POLITE}|{_VERBS}))+$", re.IGNORECASE)
# The preposition of Spanish persons: "ponle las gafas a | la abuela".
_TO_PERSON = re.compile(r"a\s+(?=(?:la|los|las|mi|su|esa|ese|este|esta)\s)", re.IGNORECASE)
# Why a thing is to be changed, behind its name: "Get rid of | the fence, | it blocks the view". A comma alone may be
# that of a list. What comes behind a full stop is another sentence.
_REASON = re.compile(
    r"[.!?…;]\s.*|,\s+(?:"
    r"it|it's|its|they|they're|he|she|he's|she's|that's|there's|i|i'm|i've|we|because|since|'cause|cause"
    r"|que|porque|pues|es|est[aá]|no|me|queda|parece"
    r"|il|elle|ils|elles|[cç]a|c'est|on|je|j'ai|parce|car"
    r"|es|er|sie|ich|weil|denn|sonst|(?:der|die|das)\s+(?:st[oö]rt|sieht|ist|passt|geh[oö]rt|nervt|verdeckt|macht)"
    r"|[eè]|che|perch[eé]|mi|non|sembra|cos[iì]|[eé]|pois|n[aã]o|fica|assim"
    r")(?!\w).*",
    re.IGNORECASE | re.DOTALL,
)
# Numbers that are also articles, or the "one" of "the second one", count only behind a word for "number".
_ALSO_ARTICLES = frozenset("one un una uno une ein eine einen eins um uma".split())
_NUMBER = frozenset("number numero nummer nr no".split())
# How many there are to choose among, not which one: "of those | four, the last", "das | tres, a do meio".
_ALL: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "en": frozenset(("those", "these", "my")),
        "es": frozenset(("las", "los", "estas")),
        "fr": frozenset(("les", "ces")),
        "de": frozenset(("diesen", "allen")),
        "it": frozenset(("le", "delle", "queste", "i", "dei")),
        "pt": frozenset(("as", "das", "destas", "dos")),
    }
)


def complete(intent: Intent, text: str, language: str) -> Intent:
    """The intent with the side or number that the text names, where it has none, and with tidy names.

    Args:
        language: ISO 639-1 code; its words only are looked for, where it is known.
    """
    spoken = (language,) if language in LANGUAGES else tuple(LANGUAGES)
    if intent.kind is IntentKind.EXTEND and intent.side is None:
        intent = replace(intent, side=_side(text, spoken))
    if intent.kind is IntentKind.CHOOSE and not intent.number:
        intent = replace(intent, number=_number(text, spoken))
    prompt, target = _tidy_start(intent.prompt), _BEHIND.sub("", _REASON.sub("", _tidy_start(intent.target)))
    if intent.change == "add":
        target = _TO_PERSON.sub("", target, count=1) if _TO_PERSON.match(target) else target
    return replace(intent, prompt=prompt, target=target)


def _tidy_start(name: str) -> str:
    found = _BEFORE.match(name)
    return name[found.end() :] if found and found.end() < len(name) else name


def _side(text: str, spoken: Sequence[str]) -> Side | None:
    """The side that is named; None where there is none, or where several are."""
    said = f" {' '.join(word.key for word in words(text))} "
    for language in spoken:
        known = patterns(language).sides
        found = {side for phrase, side in known.items() if f" {phrase} " in said}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _number(text: str, spoken: Sequence[str]) -> int:
    """Which one is named, from 1, or -1 for the last; 0 where none is."""
    said = ["", "", *(word.key for word in words(text))]
    for language in spoken:
        numbers = patterns(language).numbers
        for before, previous, word in zip(said, said[1:], said[2:], strict=False):
            is_article = word in _ALSO_ARTICLES and previous not in _NUMBER
            is_amount = previous in _ALL[language] or (before, previous) == ("of", "the")
            if word in numbers and not is_article and not is_amount:
                return numbers[word]
    return 0
