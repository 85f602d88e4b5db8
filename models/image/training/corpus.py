"""Pictures with the names that captions call them by: all that the embedded image model is trained on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from models.image.training import pictures, things
from models.image.training.pictures import HUES, Pixels
from models.image.training.things import Thing


@dataclass(frozen=True, slots=True)
class Corpus:
    """Attributes:
    pictures: shape (n_things, 64, 64, 3).
    things: in the same order.
    """

    pictures: Pixels
    things: tuple[Thing, ...]


def build(font_path: Path, n_things: int = 0) -> Corpus:
    """Draws everything in `things.toml`, or the first so many.

    Raises:
        OSError: the font cannot be opened.
        ValueError: it lacks one of the emoji.
    """
    drawn = list(islice(_draw_all(font_path), n_things or None))
    return Corpus(np.stack([picture for picture, _ in drawn]), tuple(thing for _, thing in drawn))


def _draw_all(font_path: Path) -> Iterator[tuple[Pixels, Thing]]:
    font = pictures.open_font(font_path)
    everything, recoloured = things.load()
    taken = {name for thing in everything for name in thing.names}
    for thing in everything:
        drawn = pictures.render(thing.emoji, font)
        if thing.emoji not in recoloured:
            yield pictures.on_white(drawn), thing
            continue
        hue = pictures.main_hue(drawn)
        own = next((name for name in HUES if hue is not None and pictures.is_hue(hue, name)), "")
        yield pictures.on_white(drawn), replace(thing, names=_named(thing, own))
        for name in HUES:
            names = tuple(f"{name} {noun}" for noun in _nouns(thing))
            if name != own and not taken & set(names):  # there is an emoji of a green apple
                yield pictures.on_white(pictures.recolour(drawn, hue, name)), Thing(thing.emoji, names, name)


def _nouns(thing: Thing) -> list[str]:
    """Names without a colour: of "apple, red apple" the first."""
    return [name for name in thing.names if not set(name.split()) & set(HUES)]


def _named(thing: Thing, own: str) -> tuple[str, ...]:
    """A red car is both "a car" and "a red car"."""
    coloured = [f"{own} {noun}" for noun in _nouns(thing)] if own else []
    return tuple(dict.fromkeys([*thing.names, *coloured]))


def save(corpus: Corpus, folder: Path) -> None:
    """Writes corpus.npz and corpus.json; each appears complete or not at all."""
    rows = [{"emoji": thing.emoji, "names": thing.names, "hue": thing.hue} for thing in corpus.things]
    partial = folder / ".corpus.npz"
    np.savez_compressed(partial, pictures=corpus.pictures)
    os.replace(partial, folder / "corpus.npz")
    partial = folder / ".corpus.json"
    partial.write_text(json.dumps(rows, ensure_ascii=False, indent=0), "utf-8")
    os.replace(partial, folder / "corpus.json")


def load(folder: Path) -> Corpus:
    """What `save` wrote.

    Raises:
        OSError: it is not there.
    """
    with np.load(folder / "corpus.npz", allow_pickle=False) as file:
        drawn = file["pictures"]
    rows = json.loads((folder / "corpus.json").read_text("utf-8"))
    return Corpus(drawn, tuple(Thing(row["emoji"], tuple(row["names"]), row["hue"]) for row in rows))
