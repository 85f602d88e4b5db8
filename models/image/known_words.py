"""A prompt reduced to what the embedded image model knows: "a very sad face on a rainy day" -> "a sad face".

That model draws single things that it has seen. A word that it never saw spoils its picture, so nothing else may reach
it. The rules are those of plain English noun phrases: what stands behind a preposition, a participle or "that"
describes the main thing, and the main thing is the last noun before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.errors import NothingKnown

# The embedded model, as it comes with the project.
BUILT_IN = Path(__file__).parent / "tiny_sd"
_FILE = "known_words.json"
# Modifiers of one noun stand close to it; further back is another phrase. Also bounds the work for a long prompt.
_REACH_WORDS = 8
_BREAKS = frozenset(
    """about above across after against along among and around as at because before behind below beneath beside between
    beyond but by carrying doing down during for from has have having her his holding if in inside into is like near
    next off on onto or out over past riding so than that through to toward towards under underneath until up upon
    wearing when where which while who whose with within without are was were it its
    i you he she we they""".split()
)
_ASKING = re.compile(
    r"""(?:.*?\b(?:draw|paint|sketch|make|show|create|generate|give|imagine|see|have|want|get|like)\b
        (?:\s+(?:me|us|for|to|up|a\s+look\s+at))*\s+)?
        (?:(?:an?|the|some|one|another|my)\s+)?
        (?:(?:\w+\s+){0,2}(?:picture|image|photo|photograph|drawing|painting|sketch|illustration|cartoon|icon|emoji)s?\s+
        (?:of|with|showing)\s+)?""",
    re.VERBOSE,
)
_SMALL_WORDS = frozenset(
    "a an the some one my your our his her this that these those please of just there is are".split()
)
_SAME_COLOUR: Mapping[str, str] = {
    "scarlet": "red",
    "crimson": "red",
    "violet": "purple",
    "golden": "yellow",
    "gray": "grey",
    "colored": "coloured",
}
_IRREGULAR: Mapping[str, str] = {
    "children": "child",
    "feet": "foot",
    "geese": "goose",
    "knives": "knife",
    "leaves": "leaf",
    "men": "man",
    "mice": "mouse",
    "people": "person",
    "policemen": "policeman",
    "snowmen": "snowman",
    "teeth": "tooth",
    "women": "woman",
    "wolves": "wolf",
}
# Plural in form: no "a" before them.
_PLURAL = re.compile(r"(?<!s)(?<!u)s$")
_SUGGESTED = ("a cat", "a rocket", "two red balloons", "a dog on a skateboard", "a house at night")


@dataclass(frozen=True, slots=True)
class Reduced:
    """Attributes:
    prompt: what the model is given, such as "an apple".
    shown: what that is, as it was called: "a red apple".
    dropped: stretches of the prompt that say more than the model can draw, in order: ("my new",).
    is_plural: more than one of it was meant: "cats", not "scissors".
    """

    prompt: str
    shown: str
    dropped: tuple[str, ...]
    is_plural: bool = False


@dataclass(frozen=True, slots=True)
class _Match:
    """A known name in a list of words.

    Attributes:
        name: as the vocabulary has it.
        places: indices of its words.
    """

    name: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a model knows.

    Attributes:
        prompts: name -> the name that the model draws it best by.
        by_last_word: last word of a name -> names as words, those of most words first.
    """

    prompts: Mapping[str, str]
    by_last_word: Mapping[str, tuple[tuple[str, ...], ...]]


@cache
def vocabulary(folder: Path = BUILT_IN) -> Vocabulary:
    """What `known_words.json` in the folder of a model lists.

    Raises:
        OSError: there is no such file.
    """
    rows = json.loads((folder / _FILE).read_text("utf-8"))
    prompts = {name: row["prompt"] for row in rows for name in row["names"]}
    found: dict[str, list[tuple[str, ...]]] = {}
    for name in prompts:
        parts = tuple(name.split())
        found.setdefault(parts[-1], []).append(parts)
    return Vocabulary(prompts, {last: tuple(sorted(names, key=len, reverse=True)) for last, names in found.items()})


def reduce(prompt: str, known: Vocabulary | None = None) -> Reduced:
    """The main thing of the prompt, in the words that the model was trained with.

    Args:
        prompt: in plain English.
        known: of the model; None: the embedded one.

    Raises:
        NothingKnown: it knows nothing of what the prompt names; the message can be spoken.
    """
    known = known or vocabulary()
    words = _words(prompt)
    start = _start(words)
    whole = " ".join(_trimmed(words[start:]))
    if whole in known.prompts:  # also names with a break in them: "a house with garden"
        return Reduced(*_called(whole, known), ())
    for first, last in _phrases(words, start, known):
        match = _main_noun(words, first, last, known)
        if match is not None:
            is_plural = words[match.places[-1]] != match.name.split()[-1]
            return Reduced(*_called(match.name, known), tuple(_dropped(words, start, match)), is_plural)
    raise NothingKnown(
        "the built-in model has never seen that; it draws simple things, such as "
        f"{', '.join(_SUGGESTED[:-1])} or {_SUGGESTED[-1]}"
    )


def without_request(prompt: str) -> str:
    """The prompt without words that only ask for a picture: "draw me two cats" is "two cats".

    Args:
        prompt: in lower case.
    """
    asked = _ASKING.match(prompt)
    return prompt[asked.end() :].strip() or prompt if asked else prompt


def _words(prompt: str) -> list[str]:
    """Lower-case words; a comma or a full stop is a word, and so is an emoji that is known."""
    text = prompt.lower().replace("’", "'").replace("-", " ").replace("\ufe0f", "")
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[,.;:!?]|[^\w\s](?:\u200d[^\w\s])*", text)
    return [_SAME_COLOUR.get(word, word) for word in words]


def _start(words: Sequence[str]) -> int:
    """How many words at the beginning only ask for a picture."""
    asked = _ASKING.match(" ".join(words[:20]) + " ")
    n_words = len(asked.group().split()) if asked else 0
    return n_words if n_words < len(words) else 0


def _phrases(words: Sequence[str], start: int, known: Vocabulary) -> Iterator[tuple[int, int]]:
    """(first, behind the last) word of each stretch between breaks, the main one first."""
    first = start
    for place in range(start, len(words) + 1):
        if place == len(words) or words[place] in _BREAKS or not words[place][0].isalnum():
            known_emoji = place < len(words) and words[place] in known.prompts
            if known_emoji:
                continue
            if place > first:
                yield first, place
            first = place + 1


def _main_noun(words: Sequence[str], first: int, last: int, known: Vocabulary) -> _Match | None:
    """The last known noun of the phrase that comes before any participle ("a cat sleeping", "a dog chasing cats")."""
    best: _Match | None = None
    for place in range(first, last):
        if best is not None and words[place].endswith("ing") and _ends_here(words, first, place, known) is None:
            break
        match = _ends_here(words, first, place, known)
        best = match if match is not None else best
    return best


def _ends_here(words: Sequence[str], first: int, place: int, known: Vocabulary) -> _Match | None:
    """The longest known name whose last word is at `place`, with other words between its own allowed."""
    for last_word in _singular(words[place]):
        for parts in known.by_last_word.get(last_word, ()):
            places = _places(words, parts[:-1], max(first, place - _REACH_WORDS), place)
            if places is not None:
                return _Match(" ".join(parts), (*places, place))
    return None


def _places(words: Sequence[str], parts: Sequence[str], first: int, last: int) -> tuple[int, ...] | None:
    """Where the parts stand in that order, as late as possible; None if one is missing."""
    places: list[int] = []
    for part in reversed(parts):
        last = next((place for place in range(last - 1, first - 1, -1) if words[place] == part), -1)
        if last < 0:
            return None
        places.append(last)
    return tuple(reversed(places))


def _singular(word: str) -> Iterator[str]:
    """The word, then what it may be the plural of."""
    yield word
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    for ending, instead in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending) + instead


def with_article(name: str) -> str:
    """What a prompt calls a thing: "a cat", "an apple", "french fries", "a bunch of grapes"."""
    if _PLURAL.search(name.partition(" of ")[0].split()[-1]):
        return name
    vowel = name[0] in "aeiou" and not name.startswith(("uni", "ufo"))
    return f"{'an' if vowel else 'a'} {name}"


def _called(name: str, known: Vocabulary) -> tuple[str, str]:
    """What the model is given for a name, and what is said of it: a red apple is "an apple" to it."""
    prompt = known.prompts[name]
    is_more = name != prompt and name.endswith(f" {prompt}")
    return with_article(prompt), with_article(name if is_more else prompt)


def plural(name: str) -> str:
    """More than one of a thing: "cats", "foxes", "berries", "mice"."""
    if _PLURAL.search(name.split()[-1]):
        return name
    head, space, noun = name.rpartition(" ")
    irregular = next((many for many, one in _IRREGULAR.items() if one == noun), "")
    if irregular:
        return f"{head}{space}{irregular}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def _dropped(words: Sequence[str], start: int, match: _Match) -> Iterator[str]:
    """Stretches that are not in the match; articles and the like alone are nothing that was lost."""
    stretch: list[str] = []
    for place in range(start, len(words) + 1):
        if place < len(words) and place not in match.places and words[place][0].isalnum():
            stretch.append(words[place])
            continue
        if left := _trimmed(stretch):
            yield " ".join(left)
        stretch = []


def _trimmed(words: Sequence[str]) -> Sequence[str]:
    """Without articles and the like at either end."""
    telling = [place for place, word in enumerate(words) if word not in _SMALL_WORDS]
    return words[telling[0] : telling[-1] + 1] if telling else []
