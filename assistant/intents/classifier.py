"""A small trained classifier for what the grammar does not know: multinomial logistic regression over n-grams. Pure.

Its weights are `classifier.npz`, made by `scripts/train_intents` from the project's own labelled sentences.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from assistant.intents.phrases import words

# Features share this many weights per label, by the remainder of a checksum, which keeps the file at some tens of kB.
BUCKETS = 4096
# Characters that stand together; with a space at both ends of a word they also tell where it begins and ends.
_LENGTHS = (3, 4)
# What stands at the beginning says most about what is wanted.
_FIRST_WORDS = 3
# Nobody asks for something in more words than this, and what follows is what is to be seen.
_MOST_WORDS = 30


def features(text: str) -> npt.NDArray[np.int64]:
    """The buckets of a text's n-grams, without repetition, in ascending order."""
    found = {zlib.crc32(feature.encode()) % BUCKETS for feature in _ngrams(text)}
    return np.array(sorted(found), np.int64)


def probabilities(text: str) -> Mapping[str, float]:
    """Label (value of an `IntentKind`) -> probability; all of them together are 1."""
    labels, weights, bias = _model()
    found = features(text)
    scores = weights[found].sum(axis=0) / np.sqrt(max(1, len(found))) + bias
    shares = np.exp(scores - scores.max())
    return dict(zip(labels, (shares / shares.sum()).tolist(), strict=True))


def _ngrams(text: str) -> Iterator[str]:
    said = [word.key for word in words(text)][:_MOST_WORDS]
    for place, word in enumerate(said[:_FIRST_WORDS]):
        yield f"{place}:{word}"
    for first, second in zip(["^", *said], [*said, "$"], strict=True):
        yield f"{first} {second}"
    line = f" {' '.join(said)} "
    for length in _LENGTHS:
        for start in range(len(line) - length + 1):
            yield line[start : start + length]


@cache
def _model() -> tuple[tuple[str, ...], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Labels; weights of shape (BUCKETS, labels); bias of shape (labels,)."""
    file = io.BytesIO((resources.files("assistant.intents") / "classifier.npz").read_bytes())
    with np.load(file, allow_pickle=False) as arrays:
        weights = arrays["weights"].astype(np.float32) * arrays["scale"]
        return tuple(arrays["labels"].tolist()), weights, arrays["bias"]
