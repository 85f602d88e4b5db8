"""What the embedded image model draws is what was asked for: the nearest of all pictures that it learnt says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.image import known_words, retrieval
from models.image.retrieval import Asked
from models.pictures import Drawn, ImageOptions, Picture, TextToImage
from models.protocols import ImageGenerator
from models.registry import create
from models.types import EngineSpec
from models.weights.store import Store

_EVERY = 10  # of the phrases; all of them, and more captions, are measured by the benchmark


@pytest.fixture(scope="module")
def engine() -> ImageGenerator:
    store = Store(offline=True)
    entry = store.entry("tiny-sd")
    spec = EngineSpec("image", entry.engine, entry.name, store.folder(entry.name), options=entry.options)
    generator: ImageGenerator = create(spec)
    return generator


def draw(engine: ImageGenerator, asked: Asked) -> Picture:
    (drawn,) = (
        step for step in engine.make(TextToImage(asked.alone), ImageOptions(preview_every=0)) if isinstance(step, Drawn)
    )
    return drawn.picture


@pytest.mark.parametrize(
    ("prompts", "least"), [(retrieval.captions(40)[::2], 0.9), (retrieval.free_phrases()[::_EVERY], 0.85)]
)
def test_the_nearest_picture_that_it_learnt_is_what_was_asked_for(
    engine: ImageGenerator, prompts: Sequence[Asked], least: float
) -> None:
    score = retrieval.score((asked, draw(engine, asked)) for asked in prompts)
    assert score.n_asked == len(prompts)
    assert score.n_same_noun >= least * score.n_asked, score.misses


def test_every_free_phrase_is_reduced_to_something_known() -> None:
    names = {asked.wanted for asked in retrieval.free_phrases()}
    assert len(names) > 90
    for asked in retrieval.free_phrases():
        assert known_words.reduce(asked.prompt).prompt


def test_another_picture_is_a_miss() -> None:
    grey = Picture(np.full((64, 64, 3), 128, np.uint8))
    score = retrieval.score([(Asked("a cat", "cat"), grey)])
    assert (score.n_asked, score.n_right, score.n_same_noun) == (1, 0, 0)
    assert score.misses[0][0] == "a cat"
