"""A small trained classifier for what the grammar does not know: a network with one hidden layer over n-grams of words,
of characters and of what the words are about in any language. Pure.

Its weights are `classifier.npz`, made by `scripts/train_intents` from the project's own labelled sentences.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from assistant.intents.concepts import concepts
from assistant.intents.phrases import words

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float32]

# A feature is known by this much of its checksum: of others than the 60,000 known ones, 6 in 100 pass for one of
# them; with two bits more the file is a tenth larger.
_KEY_BITS = 20
# Characters that stand together; with a space at both ends of a word they also tell where it begins and ends.
_LENGTHS = (3, 4)
# What stands at the beginning says most about what is wanted.
_FIRST_WORDS = 3
_FIRST_CONCEPTS = 2
# A request is told from the reason that follows it: "Undo that, it looks awful".
_CLAUSE_ENDS = re.compile(r"[,;:.!?…]")
# Stands for a word that is about nothing known.
_NOTHING = "-"
# Nobody asks for something in more words than this, and what follows is what is to be seen.
_MOST_WORDS = 30
# The same sentence is asked about several times in a row, by those who doubt what the grammar says of it.
_REMEMBERED = 16


def features(text: str) -> Ints:
    """The keys of a text's n-grams, without repetition, in ascending order."""
    found = {zlib.crc32(feature.encode()) >> (32 - _KEY_BITS) for feature in _ngrams(text)}
    return np.array(sorted(found), np.int64)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned.

    Attributes:
        labels: values of `IntentKind`.
        keys: of the features that are known, ascending, shape (features,).
        embeddings: of the features, shape (features, hidden).
        hidden_bias: shape (hidden,).
        weights: of shape (hidden, labels).
        bias: of shape (labels,).
    """

    labels: tuple[str, ...]
    keys: Ints
    embeddings: Floats
    hidden_bias: Floats
    weights: Floats
    bias: Floats

    def scores(self, found: Ints) -> Floats:
        """Of each label, for the features of a text; what was never heard says nothing.

        Args:
            found: as `features` returns them.
        """
        places = np.searchsorted(self.keys, found)[np.isin(found, self.keys, assume_unique=True)]
        hidden = self.embeddings[places].sum(axis=0) / np.sqrt(max(1, len(places))) + self.hidden_bias
        scores: Floats = np.maximum(hidden, 0) @ self.weights + self.bias
        return scores


@lru_cache(maxsize=_REMEMBERED)
def probabilities(text: str) -> Mapping[str, float]:
    """Label (value of an `IntentKind`) -> probability; all of them together are 1."""
    model = _model()
    scores = model.scores(features(text))
    shares = np.exp(scores - scores.max())
    return MappingProxyType(dict(zip(model.labels, (shares / shares.sum()).tolist(), strict=True)))


def _ngrams(text: str) -> Iterator[str]:
    clauses = _clauses(text)
    said = [word for clause in clauses for word in clause]
    yield ""  # every text has this one, so none is without
    for place, word in enumerate(said[:_FIRST_WORDS]):
        yield f"{place}:{word}"
    yield from (f"w {word}" for word in said)
    yield from _of_concepts(said)
    for clause in clauses:
        yield from (f"{first} {second}" for first, second in pairwise(["^", *clause, "$"]))
        for first, second in pairwise([("^",), *map(_about, clause), ("$",)]):
            yield from (f"CB {one} {other}" for one in first for other in second)
    line = f" {' '.join(said)} "
    for length in _LENGTHS:
        for start in range(len(line) - length + 1):
            yield line[start : start + length]


def _clauses(text: str) -> list[list[str]]:
    """The words, as they are compared, of what stands between punctuation."""
    clauses: list[list[str]] = [[]]
    end = 0
    for word in words(text)[:_MOST_WORDS]:
        if clauses[-1] and _CLAUSE_ENDS.search(text, end, word.start):
            clauses.append([])
        clauses[-1].append(word.key)
        end = word.end
    return clauses


def _about(word: str) -> tuple[str, ...]:
    return concepts(word) or (_NOTHING,)


def _of_concepts(said: Sequence[str]) -> Iterator[str]:
    """What the words are about: each, any two of one sentence, and what comes first."""
    telling = [names for names in map(concepts, said) if names]
    for place, names in enumerate(telling[:_FIRST_CONCEPTS]):
        yield from (f"CF{place} {name}" for name in names)
    found = sorted({name for names in telling for name in names})
    yield from (f"C {name}" for name in found)
    yield from (f"CP {one} {other}" for one, other in combinations(found, 2))


@cache
def _model() -> Model:
    file = io.BytesIO((resources.files("assistant.intents") / "classifier.npz").read_bytes())
    with np.load(file, allow_pickle=False) as arrays:
        embeddings = arrays["embeddings"].astype(np.float32) * arrays["scale"]
        keys = np.cumsum(arrays["steps"], dtype=np.int64)
        layers = (arrays[name] for name in ("hidden_bias", "weights", "bias"))
        return Model(tuple(arrays["labels"].tolist()), keys, embeddings, *layers)
