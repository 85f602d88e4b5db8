"""Trains the classifier from labelled sentences: the same sentences give the same file, bit by bit."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.errors import FileUnusable
from assistant.intents.classifier import BUCKETS, features
from assistant.intents.intent import IntentKind

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# Full-batch gradient descent with momentum; takes half a minute, and is the same each time.
_STEPS, _RATE, _MOMENTUM = 300, 8.0, 0.95
# Pull to zero, relative to the loss; between 2^-14 and 2^-18 little depends on it.
_DECAY = 2.0**-16
# The weights are stored in 8 bits; the smallest vanish, and zeros cost next to nothing in the file.
_LARGEST = 127


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """One line of a file: label, sentence, and the language where it is given ("" otherwise)."""

    label: str
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a trained classifier: `matrix` of shape (BUCKETS, labels), `bias` of shape (labels,)."""

    labels: tuple[str, ...]
    matrix: Floats
    bias: Floats


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


def train(sentences: Sequence[LabelledSentence]) -> Weights:
    """Minimises the cross-entropy, with rare labels weighted up to the square root of their rarity."""
    counts = Counter(sentence.label for sentence in sentences)
    labels = tuple(sorted(counts))
    inputs = _Inputs.of(sentences)
    targets = np.eye(len(labels))[[labels.index(sentence.label) for sentence in sentences]]
    importance = np.array([counts[sentence.label] ** -0.5 for sentence in sentences])
    importance = (importance / importance.sum())[:, None]
    matrix, bias = np.zeros((BUCKETS, len(labels))), np.zeros(len(labels))
    speed, bias_speed = np.zeros_like(matrix), np.zeros_like(bias)
    for _ in range(_STEPS):
        error = (_softmax(inputs.scores(matrix) + bias) - targets) * importance
        speed = _MOMENTUM * speed - _RATE * (inputs.gradient(error) + _DECAY * matrix)
        bias_speed = _MOMENTUM * bias_speed - _RATE * error.sum(axis=0)
        matrix, bias = matrix + speed, bias + bias_speed
    return Weights(labels, matrix, bias)


def write(weights: Weights, file: Path) -> None:
    """Writes what `assistant.intents.classifier` reads; the file is whole or not there."""
    scale = np.abs(weights.matrix).max() / _LARGEST
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        labels=np.array(weights.labels),
        weights=np.rint(weights.matrix / scale).astype(np.int8),
        scale=np.float32(scale),
        bias=weights.bias.astype(np.float32),
    )
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_bytes(buffer.getvalue())
    os.replace(unfinished, file)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The features of all sentences, most of which most sentences do not have: one entry for each that one has.

    Attributes:
        found: buckets, sentence after sentence, shape (entries,).
        starts: where each sentence begins in `found`, shape (sentences,).
        shares: what a feature of a sentence counts, shape (sentences, 1).
        used: buckets that occur, in ascending order.
        owners: sentences, bucket after bucket of `used`, shape (entries,).
        borders: where each bucket of `used` begins in `owners`.
    """

    found: Indices
    starts: Indices
    shares: Floats
    used: Indices
    owners: Indices
    borders: Indices

    @classmethod
    def of(cls, sentences: Sequence[LabelledSentence]) -> _Inputs:
        """Every sentence has at least the features of its edges, so no stretch of `found` is empty."""
        rows = [features(sentence.text) for sentence in sentences]
        lengths = np.array([len(row) for row in rows])
        found = np.concatenate(rows)
        order = np.argsort(found, kind="stable")
        used, borders = np.unique(found[order], return_index=True)
        owners = np.repeat(np.arange(len(rows)), lengths)[order]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return cls(found, starts, 1 / np.sqrt(lengths)[:, None], used, owners, borders)

    def scores(self, matrix: Floats) -> Floats:
        """Of each sentence and label, shape (sentences, labels)."""
        sums: Floats = np.add.reduceat(matrix[self.found], self.starts, axis=0)
        return sums * self.shares

    def gradient(self, error: Floats) -> Floats:
        """Of the loss by the weights, shape (BUCKETS, labels), for errors of shape (sentences, labels)."""
        sums = np.zeros((BUCKETS, error.shape[1]))
        sums[self.used] = np.add.reduceat((error * self.shares)[self.owners], self.borders, axis=0)
        return sums


def _softmax(scores: Floats) -> Floats:
    shares: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised
