"""Does the built-in image model draw what it was asked for?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from assistant.workers.worker import Worker
from models.image import retrieval
from models.image.retrieval import Asked, Score
from models.pictures import Drawn, ImageOptions, Picture, TextToImage

_CAPTIONS = 200


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Of all pictures that the model has learnt, the one nearest to what it drew is the one that was asked for.

    Attributes:
        captions: asked as in training.
        free_phrases: in words that training never used.
    """

    captions: Score
    free_phrases: Score


async def measure_retrieval(worker: Worker) -> Retrieval:
    """Draws three hundred pictures, each in about a second.

    Args:
        worker: that runs the built-in model.
    """
    return Retrieval(
        await _score(worker, retrieval.captions(_CAPTIONS)), await _score(worker, retrieval.free_phrases())
    )


async def _score(worker: Worker, wanted: Sequence[Asked]) -> Score:
    return retrieval.score([(asked, await _draw(worker, asked.alone, seed)) for seed, asked in enumerate(wanted)])


async def _draw(worker: Worker, prompt: str, seed: int) -> Picture:
    options = ImageOptions(seed=seed, preview_every=0)
    async with aclosing(worker.stream("make", TextToImage(prompt), options)) as items:
        (picture,) = [item.picture async for item in items if isinstance(item, Drawn)]
    return picture
