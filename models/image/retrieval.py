"""Whether the embedded image model draws what it was asked: of all pictures that it learnt, the nearest must be that.

Pictures are compared at 16 x 16 pixels, by squared distance: coarse enough to forgive blur, fine enough to tell seven
hundred pictures apart.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.image.groups import alone, grouped, kinds
from models.image.known_words import BUILT_IN
from models.pictures import Picture

_SIDE = 16
# The ways of asking that training used; a "{}" is the thing with its article.
_ASKING = ("{}", "draw {}", "please draw me {}", "a picture of {}", "can you draw {}", "show me {}", "{} please")
# Say what kind of thing it is only together with the word before: a sad face is not a happy face.
_KINDS = frozenset({"face", "heart", "circle", "square"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Attributes:
    prompt: what a user says.
    wanted: a name of the thing that must be drawn.
    """

    prompt: str
    wanted: str

    @property
    def alone(self) -> str:
        """What asks for the first of several things alone, as it is drawn before the others are put beside it."""
        group = grouped(self.prompt)
        return alone(kinds(group)[0]) if group else self.prompt


@dataclass(frozen=True, slots=True)
class Score:
    """Attributes:
    n_asked: pictures that were drawn.
    n_right: the nearest picture is the one that was asked for.
    n_same_noun: it is that one, or another with the same noun, such as a car of another colour.
    misses: what was asked for and what came, where not even the noun is right.
    """

    n_asked: int
    n_right: int
    n_same_noun: int
    misses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What a model has learnt.

    Attributes:
        names: of each thing, in the order of known_words.json.
        thumbnails: of its pictures; shape (n_things, 16, 16, 3).
    """

    names: tuple[tuple[str, ...], ...]
    thumbnails: npt.NDArray[np.float32]


@cache
def learnt(folder: Path = BUILT_IN) -> Learnt:
    """What known_words.json and seen.npz in the folder of a model say.

    Raises:
        OSError: one of them is missing.
    """
    rows = json.loads((folder / "known_words.json").read_text("utf-8"))
    with np.load(folder / "seen.npz", allow_pickle=False) as file:
        thumbnails = file["thumbnails"].astype(np.float32)
    return Learnt(tuple(tuple(row["names"]) for row in rows), thumbnails)


def captions(n: int, seed: int = 0, known: Learnt | None = None) -> list[Asked]:
    """Prompts like those of training: a known name in one of a few ways of asking."""
    rng = random.Random(seed)
    rows = (known or learnt()).names
    names = [rng.choice([name for name in row if name[0].isascii()]) for row in rng.choices(rows, k=n)]
    return [Asked(rng.choice(_ASKING).format(f"{'an' if name[0] in 'aeiou' else 'a'} {name}"), name) for name in names]


def free_phrases() -> list[Asked]:
    """A hundred prompts in phrasing that training never used."""
    rows = (BUILT_IN / "free_phrases.tsv").read_text("utf-8").splitlines()
    return [Asked(*row.split("\t")) for row in rows]


def score(drawn: Iterable[tuple[Asked, Picture]], known: Learnt | None = None) -> Score:
    """How many of the pictures show what was asked for.

    Args:
        drawn: pictures of a side that 16 divides.
        known: by the model; None: the embedded one.
    """
    known = known or learnt()
    n_asked = n_right = n_same_noun = 0
    misses = []
    for asked, picture in drawn:
        found = known.names[nearest(picture, known)]
        wanted = next(names for names in known.names if asked.wanted in names)
        n_asked += 1
        n_right += found is wanted
        if _nouns(found) & _nouns(wanted):
            n_same_noun += 1
        else:
            misses.append((asked.prompt, found[0]))
    return Score(n_asked, n_right, n_same_noun, tuple(misses))


def nearest(picture: Picture, known: Learnt) -> int:
    """Index of the learnt picture that is most like this one."""
    return int(((known.thumbnails - thumbnail(picture.pixels)) ** 2).sum((1, 2, 3)).argmin())


def thumbnail(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Shape (16, 16, 3).

    Args:
        pixels: shape (height, width, 3), both multiples of 16.
    """
    height, width, _ = pixels.shape
    cells = pixels.reshape(_SIDE, height // _SIDE, _SIDE, width // _SIDE, 3)
    small: npt.NDArray[np.float32] = cells.mean((1, 3), dtype=np.float32)
    return small


def _nouns(names: Iterable[str]) -> set[str]:
    return set(_each_noun(names))


def _each_noun(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        words = name.split()
        yield " ".join(words[-2:]) if words[-1] in _KINDS else words[-1]
