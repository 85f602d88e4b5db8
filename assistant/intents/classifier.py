"""A small trained classifier for what the grammar does not know: multinomial logistic regression over n-grams of words,
of characters and of what the words are about in any language. Pure.

Its weights are `classifier.npz`, made by `scripts/train_intents` from the project's own labelled sentences.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import combinations, pairwise
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from assistant.intents.concepts import concepts
from assistant.intents.phrases import words

# A feature is known by this much of its checksum: of others than the 33,000 known ones, one in thirty passes for one of
# them; with two bits more the file is a tenth larger.
_KEY_BITS = 20
# Characters that stand together; with a space at both ends of a word they also tell where it begins and ends.
_LENGTHS = (3, 4)
# What stands at the beginning says most about what is wanted.
_FIRST_WORDS = 3
_FIRST_CONCEPTS = 2
# Stands for a word that is about nothing known.
_NOTHING = "-"
# Nobody asks for something in more words than this, and what follows is what is to be seen.
_MOST_WORDS = 30
# The same sentence is asked about several times in a row, by those who doubt what the grammar says of it.
_REMEMBERED = 16


def features(text: str) -> npt.NDArray[np.int64]:
    """The keys of a text's n-grams, without repetition, in ascending order."""
    found = {zlib.crc32(feature.encode()) >> (32 - _KEY_BITS) for feature in _ngrams(text)}
    return np.array(sorted(found), np.int64)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned.

    Attributes:
        labels: values of `IntentKind`.
        keys: of the features that are known, ascending, shape (features,).
        weights: of shape (features, labels).
        bias: of shape (labels,).
    """

    labels: tuple[str, ...]
    keys: npt.NDArray[np.int64]
    weights: npt.NDArray[np.floating]
    bias: npt.NDArray[np.floating]

    def known(self, found: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where those of the features that are known stand in `keys`; what was never heard says nothing."""
        places = np.searchsorted(self.keys, found)
        return places[np.isin(found, self.keys, assume_unique=True)]


@lru_cache(maxsize=_REMEMBERED)
def probabilities(text: str) -> Mapping[str, float]:
    """Label (value of an `IntentKind`) -> probability; all of them together are 1."""
    model = _model()
    found = model.known(features(text))
    scores = model.weights[found].sum(axis=0) / np.sqrt(max(1, len(found))) + model.bias
    shares = np.exp(scores - scores.max())
    return MappingProxyType(dict(zip(model.labels, (shares / shares.sum()).tolist(), strict=True)))


def _ngrams(text: str) -> Iterator[str]:
    said = [word.key for word in words(text)][:_MOST_WORDS]
    yield ""  # every text has this one, so none is without
    for place, word in enumerate(said[:_FIRST_WORDS]):
        yield f"{place}:{word}"
    edged = ["^", *said, "$"]
    yield from (f"w {word}" for word in said)
    yield from (f"{first} {second}" for first, second in pairwise(edged))
    yield from _of_concepts(said)
    line = f" {' '.join(said)} "
    for length in _LENGTHS:
        for start in range(len(line) - length + 1):
            yield line[start : start + length]


def _of_concepts(said: Sequence[str]) -> Iterator[str]:
    """What the words are about: each, any two of one sentence, neighbours, and what comes first."""
    about = [concepts(word) or (_NOTHING,) for word in said]
    for first, second in pairwise([("^",), *about, ("$",)]):
        yield from (f"CB {one} {other}" for one in first for other in second)
    telling = [names for names in about if names != (_NOTHING,)]
    for place, names in enumerate(telling[:_FIRST_CONCEPTS]):
        yield from (f"CF{place} {name}" for name in names)
    found = sorted({name for names in about for name in names})
    yield from (f"C {name}" for name in found)
    yield from (f"CP {one} {other}" for one, other in combinations(found, 2) if _NOTHING not in (one, other))


@cache
def _model() -> Model:
    file = io.BytesIO((resources.files("assistant.intents") / "classifier.npz").read_bytes())
    with np.load(file, allow_pickle=False) as arrays:
        weights = arrays["weights"].astype(np.float32) * arrays["scale"]
        keys = np.cumsum(arrays["steps"], dtype=np.int64)
        return Model(tuple(arrays["labels"].tolist()), keys, weights, arrays["bias"])
