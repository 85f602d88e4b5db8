"""Whether a finished pipeline draws what it is asked for, see `models.image.retrieval`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.image import retrieval
from models.image.known_words import reduce, vocabulary
from models.image.retrieval import Asked, Score
from models.pictures import Picture

_AT_ONCE = 10
_STEPS = 20
_GUIDANCE = 3.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Attributes:
    captions: known names, asked for as in training.
    free_phrases: in phrasing that training never used.
    unreduced: the same phrases, given to the pipeline as they are.
    """

    captions: Score
    free_phrases: Score
    unreduced: Score


def evaluate(folder: Path, n_captions: int, n_phrases: int) -> Figures:
    """Draws what is asked for in so many captions and phrases; each picture takes about half a second.

    Args:
        folder: of a pipeline, with what it knows.
        n_captions: of 200 that are usual.
        n_phrases: of the hundred free phrases.
    """
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline: Any = StableDiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
        folder, torch_dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    known, words = retrieval.learnt(folder), vocabulary(folder)
    names = {name for row in known.names for name in row}
    phrases = [asked for asked in retrieval.free_phrases() if asked.wanted in names][:n_phrases]

    def measure(wanted: Sequence[Asked], *, reduced: bool) -> Score:
        prompts = [reduce(asked.prompt, words).prompt if reduced else asked.prompt for asked in wanted]
        return retrieval.score(zip(wanted, _draw(pipeline, prompts), strict=True), known)

    return Figures(
        measure(retrieval.captions(n_captions, known=known), reduced=True),
        measure(phrases, reduced=True),
        measure(phrases, reduced=False),
    )


def _draw(pipeline: Any, prompts: Sequence[str]) -> Iterator[Picture]:
    import torch

    for start in range(0, len(prompts), _AT_ONCE):
        some = list(prompts[start : start + _AT_ONCE])
        generators = [torch.Generator().manual_seed(start + index) for index in range(len(some))]
        drawn = pipeline(
            some, num_inference_steps=_STEPS, guidance_scale=_GUIDANCE, generator=generators, output_type="np"
        ).images
        for image in drawn:
            yield Picture((255 * np.asarray(image)).round().astype(np.uint8))
