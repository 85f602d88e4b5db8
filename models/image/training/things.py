"""What there is to draw, and what it is called. Data only: `things.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Thing:
    """One picture that is learnt.

    Attributes:
        emoji: as the font draws it.
        names: in lower case, the plainest first; no other thing has any of them.
        hue: key of `pictures.HUES` that it is drawn in; "": in its own colours.
    """

    emoji: str
    names: tuple[str, ...]
    hue: str = ""


def load() -> tuple[list[Thing], frozenset[str]]:
    """All things in their own colours, and the emoji that are also drawn in others."""
    tables = tomllib.loads(files("models.image.training").joinpath("things.toml").read_text("utf-8"))
    recoloured = frozenset(tables.pop("recoloured"))
    things = [Thing(emoji, tuple(names.split(", "))) for table in tables.values() for emoji, names in table.items()]
    return things, recoloured
