"""The light of an hour, given to a picture of things on plain paper, for a model that knows none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.image import paper
from models.image.canvas import Pixels

# Word -> red, green and blue of the paper, and what is left of those of the things, which must be seen still.
_NIGHT = ((0.13, 0.16, 0.36), (0.55, 0.6, 0.85))
_DUSK = ((1.0, 0.72, 0.5), (0.95, 0.8, 0.72))
_MOODS: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "night": _NIGHT,
    "nighttime": _NIGHT,
    "midnight": _NIGHT,
    "dusk": _DUSK,
    "dawn": _DUSK,
    "sunset": _DUSK,
    "sunrise": _DUSK,
    "evening": _DUSK,
}
# What may stand beside it where nothing else is meant: "at dusk", "late in the evening".
_BESIDE = frozenset("a an at by during in it late of the".split())


def mood_left_out(left_out: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The last mood among what was left out of a prompt ("" for none), and what else was.

    Args:
        left_out: stretches of the prompt, such as ("my old", "at dusk").
    """
    moods, rest = [], []
    for stretch in left_out:
        words = stretch.split()
        mood = words.pop() if words and words[-1] in _MOODS else ""
        while mood and words and words[-1] in _BESIDE:
            words.pop()
        if mood:
            moods.append(mood)
        if words:
            rest.append(" ".join(words))
    return (moods or [""])[-1], tuple(rest)


def is_mood(word: str) -> bool:
    """Whether it names an hour of which there is a light."""
    return word in _MOODS


def lit(pixels: Pixels, mood: str) -> Pixels:
    """The picture in that light.

    Args:
        pixels: RGB, shape (height, width, 3).
        mood: as `mood_left_out` has found it.
    """
    of_paper, of_things = (np.array(share, np.float32) for share in _MOODS[mood])
    share = paper.share_of_things(pixels, paper.paper(pixels))
    share = np.where(paper.around(pixels)[..., np.newaxis], share, 1)  # a white wall is no paper
    light: Pixels = (share * of_things * pixels + (1 - share) * of_paper * 255).round().astype(np.uint8)
    return light


def in_words(mood: str) -> str:
    """As it stands behind a thing: "at night", "in the evening"."""
    return "in the evening" if mood == "evening" else f"at {mood}"
