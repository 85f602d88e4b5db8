"""When what is said in the words of a request may be none: "Remove the boat" and "Remove the skin". Pure.

The grammar knows verbs, not things. Where the classifier thinks of talk, and nothing is named that is often seen in
pictures, nobody acts upon it at once: the language model is asked, then the user.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources

from assistant.intents import classifier
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.intents.phrases import folded, words

# How likely talk must be for the classifier to be heard, where nothing visible is named, and where something is. Of 202
# requests that it had not seen, 14 and 3 are doubted then; of 19 sentences that are none, 15 and 1.
_LIKELY, _VERY_LIKELY = 0.2, 0.7
# As short as this, they are whole words: "sea" is not "search"; and say little of what a picture shows: "the".
_WHOLE = 3
_DOUBTED = {IntentKind.DRAW, IntentKind.EDIT}


def weighed(intent: Intent, text: str, context: PictureContext) -> Intent:
    """The intent that the grammar found in the text, in doubt where there is reason for it.

    Args:
        context: whatever the current picture shows can be seen in a picture.
    """
    if intent.kind not in _DOUBTED or not intent.is_sure or not intent.prompt + intent.target:
        return intent
    least = _VERY_LIKELY if _names_something_visible(text, context.shows) else _LIKELY
    return replace(intent, is_sure=classifier.probabilities(text)["talk"] < least)


def _names_something_visible(text: str, shown: str) -> bool:
    beginnings, whole = _visible()
    said = {word.key for word in words(text)}
    known = {word.key for word in words(shown) if len(word.key) > _WHOLE}
    return bool(said & (known | whole)) or any(word.startswith(beginnings) for word in said)


@cache
def _visible() -> tuple[tuple[str, ...], frozenset[str]]:
    """Beginnings of words, and whole words, of all languages."""
    table = tomllib.loads((resources.files("assistant.intents") / "visible.toml").read_text(encoding="utf-8"))
    known = {folded(word).rstrip() for line in table.values() for word in line.split()}
    whole = frozenset(word for word in known if len(word) <= _WHOLE)
    return tuple(known - whole), whole
