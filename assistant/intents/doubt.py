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
from assistant.intents.grammar import possible
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.intents.phrases import folded, words

# How likely talk must be for the classifier to be heard, where nothing visible is named, and where something is. With
# 0.4 for the second, 15 instead of 19 of 1,610 sentences of talk that were written to mislead are acted upon ("Remove
# the frame from the hive"), and "Remove the boats" is asked about.
_LIKELY, _VERY_LIKELY = 0.07, 0.6
# The same, where the picture is known to show what is named.
_NEARLY_SURE = 0.98
# Where talk is as likely as this, nobody is even asked, unless the picture shows what is named. Of some 470 requests
# that the grammar finds rightly, and that the classifier had not seen, there was none.
_SURELY_TALK = 0.8
# As short as this, they are whole words: "sea" is not "search"; and say little of what a picture shows: "the".
_WHOLE = 3
# How likely another wish must be than the one that the grammar found by a wide rule: "give it another try" gives
# nothing to anything. Of 10 such sentences that it had not seen the classifier was right in 9.
_OTHER = 0.6
_DOUBTED = {IntentKind.DRAW, IntentKind.EDIT}


def weighed(intent: Intent, text: str, context: PictureContext) -> Intent:
    """The intent that the grammar found in the text, in doubt where there is reason for it, or TALK.

    Args:
        context: whatever the current picture shows can be seen in a picture.
    """
    if intent.kind not in _DOUBTED or not intent.is_sure or not intent.prompt + intent.target:
        return intent
    visible, beginnings, abstract = _things()
    said = {word.key for word in words(text)}
    shown = {word.key for word in words(context.shows) if len(word.key) > _WHOLE}
    if said & abstract - shown:
        return replace(intent, is_sure=False)
    is_visible = bool(said & (visible | shown)) or any(word.startswith(beginnings) for word in said)
    talk = classifier.probabilities(text)["talk"]
    if talk >= _SURELY_TALK and not said & shown:
        return Intent(IntentKind.TALK)
    least = _NEARLY_SURE if said & shown else _VERY_LIKELY if is_visible else _LIKELY
    return replace(intent, is_sure=talk < least)


def is_other(intent: Intent, text: str, context: PictureContext) -> bool:
    """Whether the classifier knows better what is wanted than the wide rules for new pictures and changes."""
    if intent.kind not in _DOUBTED or not intent.is_sure:
        return False
    found = classifier.probabilities(text)
    kinds = [kind for kind in IntentKind if kind.value in found and possible(kind, context)]
    likeliest = max(kinds, key=lambda kind: found[kind.value])
    return likeliest not in (intent.kind, IntentKind.TALK) and found[likeliest.value] >= _OTHER


@cache
def _things() -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    """Of all languages: words for what is visible, beginnings of such words, and words for what is not."""
    tables = tomllib.loads((resources.files("assistant.intents") / "things.toml").read_text(encoding="utf-8"))
    visible, abstract = (
        frozenset(folded(word).rstrip() for line in tables[name].values() for word in line.split())
        for name in ("visible", "abstract")
    )
    return visible, tuple(word for word in visible if len(word) > _WHOLE), abstract
