"""What people say when they want a picture of a thing, made up at random: what the text encoder reads in training."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from models.image.known_words import with_article
from models.image.training.things import Thing

# Half of all captions have the plainest name, since prompts are reduced to it before they reach the model.
_PLAINEST = 0.5
# How often a caption is the bare name, and how often a usual way of asking. The rest has words that say more than the
# picture shows.
_BARE = 0.35
_USUAL = 0.3
_ENDING = 0.5


@dataclass(frozen=True, slots=True)
class Phrasing:
    """The words of phrasing.toml."""

    beginnings: tuple[str, ...]
    endings: tuple[str, ...]
    adjectives: tuple[str, ...]
    actions: tuple[str, ...]
    relations: tuple[str, ...]
    places: tuple[str, ...]
    counts: tuple[str, ...]


@cache
def phrasing() -> Phrasing:
    tables = tomllib.loads(files("models.image.training").joinpath("phrasing.toml").read_text("utf-8"))
    return Phrasing(**{name: tuple(words) for name, words in tables.items()})


def plain(thing: Thing) -> str:
    """The caption that the thing is drawn best by: "an apple"."""
    return with_article(thing.names[0])


def caption(thing: Thing, rng: random.Random) -> str:
    """One caption of the thing."""
    name = thing.names[0] if rng.random() < _PLAINEST else rng.choice(thing.names)
    kind = rng.random()
    if kind < _BARE:
        return with_article(name)
    if kind < _BARE + _USUAL:
        return _usual(name, rng)
    return _usual(_described(name, rng), rng) if rng.random() < 0.5 else _article(_described(name, rng), rng)


def _usual(name: str, rng: random.Random) -> str:
    beginning = rng.choice(phrasing().beginnings)
    asked = beginning.replace("{}", "").strip() + " " + (_article(name, rng) if "{}" in beginning else name)
    return (asked + (rng.choice(phrasing().endings) if rng.random() < _ENDING else "")).strip()


def _described(name: str, rng: random.Random) -> str:
    """With words before it or behind it, or both."""
    said = phrasing()
    before = [rng.choice(said.counts) if rng.random() < 0.15 else rng.choice(said.adjectives)]
    before += [rng.choice(said.adjectives)] if rng.random() < 0.3 else []
    place = f"{rng.choice(said.relations)} {rng.choice(said.places)}"
    behind = rng.choice([rng.choice(said.actions), place, f"{rng.choice(said.actions)} {place}"])
    wanted = rng.choice(("before", "behind", "both"))
    words = (before if wanted != "behind" else []) + [name] + ([behind] if wanted != "before" else [])
    return " ".join(words)


def _article(words: str, rng: random.Random) -> str:
    first = words.split()[0]
    if first in phrasing().counts or words.startswith("a few"):
        return words
    return rng.choice((with_article(words), with_article(words), f"the {words}", f"my {words}"))
