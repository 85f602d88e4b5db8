"""Speech without weights: a phrase of a vocabulary is a stretch of sound of its own loudness. Pure.

So the scripted speech to text hears what was really said: half of it while it is being said, all of it however often
and from wherever it is transcribed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from models.types import Audio

# The k-th phrase, from 0, has k + 1 times this level: -32 dBFS is loud enough to be speech, and 40 phrases fit below 1.
LEVEL_STEP = 0.025
# Shorter than any word, longer than the edge of a frame.
_SHORTEST_S = 0.05
_FRAME_S = 0.01


def spoken(phrases: Iterable[str], vocabulary: Sequence[str], phrase_s: float = 1.0) -> Audio:
    """The phrases one after another, at 16 kHz. The same phrase twice in a row sounds like one long one.

    Raises:
        ValueError: the vocabulary has no such phrase.
    """
    n_samples = round(phrase_s * 16_000)
    levels = [LEVEL_STEP * (vocabulary.index(phrase) + 1) for phrase in phrases]
    return Audio(np.repeat(np.array(levels, np.float32), n_samples), 16_000)


def understood(audio: Audio, vocabulary: Sequence[str]) -> str:
    """The phrases that are long enough to be recognised, in order."""
    size = max(1, round(_FRAME_S * audio.sample_rate_hz))
    n_frames = len(audio.samples) // size
    means = np.abs(audio.samples[: n_frames * size]).reshape(n_frames, size).mean(axis=1)
    runs = ((level, len(list(run))) for level, run in groupby(np.round(means / LEVEL_STEP).astype(int)))
    phrases = [level for level, length in runs if level and length * _FRAME_S >= _SHORTEST_S]
    return " ".join(vocabulary[level - 1] for level, _ in groupby(phrases) if level <= len(vocabulary))
