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

# Full-batch gradient descent with momentum; takes some seconds, and is the same each time.
_STEPS, _RATE, _MOMENTUM = 400, 2.0, 0.9
# Pull to zero, relative to the loss: between 2^-10, with which nothing is certain, and 2^-17, with which more is wrong.
_DECAY = 2.0**-14
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
    inputs = _inputs(sentences)
    targets = np.eye(len(labels))[[labels.index(sentence.label) for sentence in sentences]]
    importance = np.array([counts[sentence.label] ** -0.5 for sentence in sentences])
    importance = (importance / importance.sum())[:, None]
    matrix, bias = np.zeros((BUCKETS, len(labels))), np.zeros(len(labels))
    speed, bias_speed = np.zeros_like(matrix), np.zeros_like(bias)
    for _ in range(_STEPS):
        error = (_softmax(inputs @ matrix + bias) - targets) * importance
        speed = _MOMENTUM * speed - _RATE * (inputs.T @ error + _DECAY * matrix)
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


def _inputs(sentences: Sequence[LabelledSentence]) -> Floats:
    inputs = np.zeros((len(sentences), BUCKETS))
    for row, sentence in enumerate(sentences):
        found = features(sentence.text)
        inputs[row, found] = 1 / np.sqrt(max(1, len(found)))
    return inputs


def _softmax(scores: Floats) -> Floats:
    shares: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised
