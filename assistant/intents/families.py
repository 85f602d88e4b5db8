"""Families of sentences, of which the classifier is given a few members each. Pure, but for reading their files.

A line is `label<TAB>family`, or `{name}<TAB>family` for a part that families below it can use; `[...]` may be missing,
and of `(a|b)` one is said: "draw<TAB>(draw|paint) me {thing} [please]".
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from assistant.intents.labelled import LabelledSentence

# Any number that stays the same: the sentences are the same each time.
_SEED = 1
_PIECE = re.compile(r"[\[\]()|]|\{\w+\}|[^\[\]()|{}]+")
_CLOSING = {"(": ")", "[": "]"}


def sentences(file: Path, each: int) -> list[LabelledSentence]:
    """So many sentences of each family at most, without repetition.

    Args:
        file: its name ends with the ISO 639-1 code of its language, behind "_".
        each: sentences of a family.

    Raises:
        KeyError: a family uses a part that stands nowhere above it.
    """
    chance = random.Random(_SEED)
    language = file.stem.rpartition("_")[2]
    parts: dict[str, str] = {}
    found: list[LabelledSentence] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        label, family = line.split("\t")
        if label.startswith("{"):
            parts[label] = family
            continue
        members = {_tidy(_said(family, parts, chance.choice)) for _ in range(each)}
        found += [LabelledSentence(label, member, language) for member in sorted(members)]
    return found


def _said(family: str, parts: Mapping[str, str], choose: Callable[[Sequence[str]], str]) -> str:
    pieces = iter(_PIECE.findall(family))
    return _choice(pieces, "", parts, choose)


def _choice(
    pieces: Iterator[str], closing: str, parts: Mapping[str, str], choose: Callable[[Sequence[str]], str]
) -> str:
    """One of the alternatives up to the closing bracket."""
    alternatives = [""]
    for piece in pieces:
        if piece == closing:
            break
        if piece == "|":
            alternatives.append("")
        elif piece in _CLOSING:
            inner = _choice(pieces, _CLOSING[piece], parts, choose)
            alternatives[-1] += inner if piece == "(" else choose(("", inner))
        elif piece.startswith("{"):
            alternatives[-1] += _said(parts[piece], parts, choose)
        else:
            alternatives[-1] += piece
    return choose(alternatives)


def _tidy(text: str) -> str:
    return " ".join(text.split()).replace(" -", "-")
