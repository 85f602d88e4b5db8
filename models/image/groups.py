"""Several things in one prompt, for a model that draws single ones: "two cats", "a dog on a skateboard". Pure.

A prompt that cannot be taken apart completely into things that the model knows is left to be drawn as its main one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from models.errors import NothingKnown
from models.image.known_words import reduce, without_request
from models.image.mood import is_mood
from models.image.prompts import Wanted, clean, wanted

Way: TypeAlias = Literal["beside", "above", "below"]

# More of them would be specks: each is drawn with 64 pixels at most.
_MOST = 12
# Different ones; each takes as long as a picture.
_MOST_KINDS = 4
# A longer one is a story, and taking it apart would take long.
_LONGEST_WORDS = 40
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()  # the word of each number
_COUNTS: Mapping[str, int] = {
    **{word: count for count, word in enumerate(NUMBERS) if count > 1},
    "couple of": 2,
    "pair of": 2,
    "few": 3,
    "some": 3,
    "several": 3,
    "group of": 5,
    "bunch of": 5,
    "many": 6,
    "lot of": 6,
    "lots of": 6,
    "dozen": 12,
}
# Where only "cats" is said: more than two, and each still large.
_SOME = 3
_COUNTED = re.compile(rf"(?:(?:an?|the|my|our|your|his|her|these|those) )?({'|'.join(_COUNTS)}|\d\d?) (\w.*)")
# What stands between two things, and how the first is to the second then.
_JOINTS: Mapping[Way, str] = {
    "above": r"(?:\w+ing )?(?:on top of|on|upon|over|above)|riding",
    "below": r"(?:\w+ing )?(?:under|underneath|below|beneath)",
    "beside": r"(?:\w+ing )?(?:and|with|beside|near|next to|behind|in front of|past)"
    r"|\w+ing(?: (?:at|for|along|across|through|around|into|out of|to|from|in))?",
}
_JOINT = re.compile(
    r",? (?:"
    + "|".join(rf"(?P<{way}>{words})" for way, words in _JOINTS.items())
    + r") |(?P<comma>,) (?=[^,]+(?:, [^,]+)*,? and )"
)
# Parts of a body, and what is worn on one: they belong to the thing before them, and cannot be drawn on it.
_OWN = frozenset(
    """arm beard boot cap coat crown dress ear eye eyes face feather foot glasses glove gloves hair hand hat head helmet
    horn jacket jeans leg mask mouth mustache nose paw ring scarf shirt shoe skirt smile sunglasses tail tie tongue
    tooth trousers wing""".split()
)
# One is meant, although many are named.
_ONE_OF = re.compile(r"\bone of (?:the|my|our|your|his|her|these|those) ")


@dataclass(frozen=True, slots=True)
class Things:
    """
    Attributes:
        wanted: each of them.
    """

    wanted: Wanted
    count: int = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Attributes:
        way: how the first is to the second.
        joint: as it was said: "on", "and", "riding".
    """

    first: Group
    second: Group
    way: Way
    joint: str


Group: TypeAlias = Things | Pair


def grouped(prompt: str) -> Group | None:
    """None: it asks for a single thing, or cannot be taken apart."""
    text = clean(prompt).lower()
    if len(text.split()) > _LONGEST_WORDS or _ONE_OF.search(text):
        return None
    text = without_request(text)
    try:
        reduced = reduce(text)
    except NothingKnown:
        return None
    if not (reduced.dropped or reduced.is_plural):
        return None
    group = _group(text.rstrip(" .!"), _MOST_KINDS)
    count = sum(things.count for things in kinds(group)) if group else 0
    return group if 1 < count <= _MOST else None


def kinds(group: Group) -> list[Things]:
    """The different things, in order."""
    return [group] if isinstance(group, Things) else kinds(group.first) + kinds(group.second)


def alone(things: Things) -> str:
    """What one of them is asked for by, without the light of an hour: "a cat", "pink an elephant"."""
    return f"{things.wanted.tint} {things.wanted.shown}".strip()


def _group(text: str, most: int) -> Group | None:
    """Taken apart at the first word that stands between two things that are known."""
    for joint in _JOINT.finditer(text) if most > 1 else ():
        first = _things(text[: joint.start()])
        second = _group(text[joint.end() :], most - 1) if first else None
        if first is None or second is None or (isinstance(second, Things) and _is_own(second)):
            continue
        for way in get_args(Way):
            if joint[way]:
                return Pair(first, second, way, joint[way])
        return Pair(first, second, "beside", ",")
    return _things(text)


def _things(text: str) -> Things | None:
    """What is counted, and how many; None: nothing that is known."""
    counted = _COUNTED.fullmatch(text)
    rest = counted[2] if counted else text
    try:
        is_single = not reduce(rest).is_plural  # also "a pair of scissors"
        found = wanted(text if is_single else rest, "tiny-sd", can_tint=True)
    except NothingKnown:
        return None
    if found.left_out and is_mood(found.prompt.split()[-1]):  # "a lake at sunset" is no sunset
        return None
    if is_single:
        return Things(found)
    return Things(found, (_COUNTS.get(counted[1]) or int(counted[1])) if counted else _SOME)


def _is_own(things: Things) -> bool:
    """Whether it is a part of what was named before: "a red nose", "a carrot for a nose"."""
    words = " ".join((*things.wanted.left_out, things.wanted.prompt)).split()
    return not _OWN.isdisjoint(words)
