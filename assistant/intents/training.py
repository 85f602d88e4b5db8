"""Trains the classifier from labelled sentences: the same sentences give the same file, bit by bit."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.errors import FileUnusable
from assistant.intents.classifier import Model, features
from assistant.intents.intent import IntentKind

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# Full-batch gradient descent with momentum; takes five minutes, and is the same each time. With 300 steps the sentences
# of free wording are hardly learned: macro-F1 of them 0.87 instead of 0.95, of others that are like them 0.89 and 0.91.
_STEPS, _RATE, _MOMENTUM = 900, 8.0, 0.95
# Pull to zero, relative to the loss. With 2^-16 the classifier alone reaches a mean F1 of 0.863 on batches of sentences
# that were left out, with this 0.869.
_DECAY = 2.0**-18
# In how many sentences a feature must be found to be learned: most are found in fewer and say nothing of others. With 3
# the file is a tenth larger, and tells requests from talk no better.
_LEAST_FOUND = 4
# The weights are stored in 8 bits; the smallest vanish, and zeros cost next to nothing in the file.
_LARGEST = 127


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """One line of a file: label, sentence, and the language where it is given ("" otherwise)."""

    label: str
    text: str
    language: str = ""


def read_sentences(file: Path) -> list[LabelledSentence]:
    """Lines `label<TAB>sentence` or `label<TAB>sentence<TAB>language`; empty lines are skipped.

    Raises:
        FileUnusable: it cannot be read, or a line is something else; the message names the line.
    """
    known = {kind.value for kind in IntentKind}
    sentences = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnusable(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        columns = line.split("\t")
        if not line.strip():
            continue
        if len(columns) not in (2, 3) or columns[0] not in known:
            labels = ", ".join(sorted(known))
            raise FileUnusable(f"{file}, line {number}: not label<TAB>sentence[<TAB>language] with one of {labels}")
        sentences.append(LabelledSentence(*(column.strip() for column in columns)))
    if not sentences:
        raise FileUnusable(f"{file} has no sentences")
    return sentences


def train(sentences: Sequence[LabelledSentence]) -> Model:
    """Minimises the cross-entropy, with rare labels weighted up to the square root of their rarity."""
    counts = Counter(sentence.label for sentence in sentences)
    labels = tuple(sorted(counts))
    rows = [features(sentence.text) for sentence in sentences]
    keys, found = np.unique(np.concatenate(rows), return_counts=True)
    empty = np.zeros((0, len(labels)))
    model = Model(labels, keys[found >= _LEAST_FOUND], empty, np.zeros(len(labels)))
    inputs = _Inputs.of([model.known(row) for row in rows])
    targets = np.eye(len(labels))[[labels.index(sentence.label) for sentence in sentences]]
    importance = np.array([counts[sentence.label] ** -0.5 for sentence in sentences])
    importance = (importance / importance.sum())[:, None]
    weights, bias = np.zeros((len(model.keys), len(labels))), model.bias
    speed, bias_speed = np.zeros_like(weights), np.zeros_like(bias)
    for _ in range(_STEPS):
        error = (_softmax(inputs.scores(weights) + bias) - targets) * importance
        speed = _MOMENTUM * speed - _RATE * (inputs.gradient(error) + _DECAY * weights)
        bias_speed = _MOMENTUM * bias_speed - _RATE * error.sum(axis=0)
        weights, bias = weights + speed, bias + bias_speed
    return replace(model, weights=weights, bias=bias)


def write(model: Model, file: Path) -> None:
    """Writes what `assistant.intents.classifier` reads; the file is whole or not there."""
    scale = np.abs(model.weights).max() / _LARGEST
    rounded = np.rint(model.weights / scale).astype(np.int8)
    telling = rounded.any(axis=1)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        labels=np.array(model.labels),
        steps=np.diff(model.keys[telling], prepend=0).astype(np.uint32),
        weights=rounded[telling],
        scale=np.float32(scale),
        bias=model.bias.astype(np.float32),
    )
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_bytes(buffer.getvalue())
    os.replace(unfinished, file)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The features of all sentences, most of which most sentences do not have: one entry for each that one has.

    Attributes:
        found: places of features, sentence after sentence, shape (entries,).
        starts: where each sentence begins in `found`, shape (sentences,).
        shares: what a feature of a sentence counts, shape (sentences, 1).
        owners: sentences, feature after feature, shape (entries,).
        borders: where each feature begins in `owners`, shape (features,).
    """

    found: Indices
    starts: Indices
    shares: Floats
    owners: Indices
    borders: Indices

    @classmethod
    def of(cls, rows: Sequence[Indices]) -> _Inputs:
        """Each sentence has the feature that all have, so no stretch of `found` is empty; nor has any feature none."""
        lengths = np.array([len(row) for row in rows])
        found = np.concatenate(rows)
        order = np.argsort(found, kind="stable")
        borders = np.unique(found[order], return_index=True)[1]
        owners = np.repeat(np.arange(len(rows)), lengths)[order]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return cls(found, starts, 1 / np.sqrt(lengths)[:, None], owners, borders)

    def scores(self, weights: Floats) -> Floats:
        """Of each sentence and label, shape (sentences, labels)."""
        sums: Floats = np.add.reduceat(weights[self.found], self.starts, axis=0)
        return sums * self.shares

    def gradient(self, error: Floats) -> Floats:
        """Of the loss by the weights, shape (features, labels), for errors of shape (sentences, labels)."""
        sums: Floats = np.add.reduceat((error * self.shares)[self.owners], self.borders, axis=0)
        return sums


def _softmax(scores: Floats) -> Floats:
    shares: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised
