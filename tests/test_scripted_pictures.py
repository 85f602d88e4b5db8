"""The scripted image generator: what demonstrations and the tests of spoken pictures build on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.errors import EngineFailed, ModelError, NothingKnown, OutOfMemory, SettingError
from models.pictures import (
    DrawingStep,
    Drawn,
    Enlarge,
    Extend,
    ImageOptions,
    ImageTask,
    Inpaint,
    Picture,
    TextToImage,
    Walk,
)
from models.registry import create
from models.types import EngineSpec, Pause

CAT = TextToImage("a cat")


def engine(**options: object) -> Any:
    return create(EngineSpec("image", "scripted", options=options))


def items(task: ImageTask, options: ImageOptions | None = None, **script: object) -> list[Any]:
    return list(engine(**script).make(task, options or ImageOptions()))


def drawn(task: ImageTask, options: ImageOptions | None = None, **script: object) -> list[Drawn]:
    return [item for item in items(task, options, **script) if isinstance(item, Drawn)]


def same(one: Picture, other: Picture) -> bool:
    return np.array_equal(one.pixels, other.pixels)


def test_equal_prompts_and_seeds_give_equal_pictures_and_others_do_not() -> None:
    (cat,) = drawn(CAT)
    assert (cat.picture.width, cat.picture.height, cat.picture.pixels.dtype) == (64, 64, np.uint8)
    assert same(cat.picture, drawn(CAT)[0].picture)
    assert not same(cat.picture, drawn(CAT, ImageOptions(seed=1))[0].picture)
    assert not same(cat.picture, drawn(TextToImage("a dog"))[0].picture)


def test_every_step_is_told_and_some_have_a_preview() -> None:
    steps = [item for item in items(CAT, ImageOptions(steps=7)) if isinstance(item, DrawingStep)]
    assert [(step.step, step.steps) for step in steps] == [(number, 7) for number in range(1, 8)]
    assert [step.step for step in steps if step.preview] == [3, 6]


def test_time_passes_before_each_step() -> None:
    found = items(CAT, steps=2, pause_s=0.5)
    assert [type(item) for item in found] == [Pause, DrawingStep, Pause, DrawingStep, Drawn]


def test_several_pictures_have_seeds_of_their_own() -> None:
    pictures = drawn(CAT, ImageOptions(seed=7, count=3))
    assert [(picture.index, picture.seed) for picture in pictures] == [(0, 7), (1, 8), (2, 9)]
    assert same(pictures[1].picture, drawn(CAT, ImageOptions(seed=8))[0].picture)


def test_only_the_masked_part_of_a_picture_changes() -> None:
    (old,) = drawn(CAT)
    mask = np.zeros((64, 64), bool)
    mask[10:20, 30:50] = True
    (new,) = drawn(Inpaint("a dog", old.picture, mask))
    assert np.array_equal(new.picture.pixels[~mask], old.picture.pixels[~mask])
    assert not np.array_equal(new.picture.pixels[mask], old.picture.pixels[mask])


@pytest.mark.parametrize(
    ("side", "kept"),
    [
        ("left", np.s_[:, 16:]),
        ("right", np.s_[:, :64]),
        ("top", np.s_[16:, :]),
        ("bottom", np.s_[:64, :]),
    ],
)
def test_an_extended_picture_keeps_the_old_one(side: Any, kept: Any) -> None:
    (old,) = drawn(CAT)
    (new,) = drawn(Extend("a cat", old.picture, side, 16))
    assert new.picture.pixels.size == old.picture.pixels.size * 5 // 4
    assert np.array_equal(new.picture.pixels[kept], old.picture.pixels)


def test_an_enlarged_picture_has_twice_the_width_and_height() -> None:
    (old,) = drawn(CAT)
    (new,) = drawn(Enlarge(old.picture))
    assert np.array_equal(new.picture.pixels[::2, ::2], old.picture.pixels)


def test_a_walk_begins_at_one_picture_and_ends_at_another() -> None:
    frames = drawn(Walk("a cat", "a dog", 0, frames=5))
    assert len(frames) == 5
    assert same(frames[0].picture, drawn(CAT)[0].picture)
    assert same(frames[-1].picture, drawn(TextToImage("a dog"))[0].picture)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"fail_on": [1]}, EngineFailed),
        ({"out_of_memory_on": [1]}, OutOfMemory),
        ({"unknown_words": ["cat"]}, NothingKnown),
    ],
)
def test_the_script_can_ask_for_a_failure_and_the_engine_stays_in_use(
    script: dict[str, object], error: type[ModelError]
) -> None:
    scripted = engine(**script)
    with pytest.raises(error):
        list(scripted.make(CAT, ImageOptions()))
    assert list(scripted.make(TextToImage("a dog"), ImageOptions()))


def test_a_withheld_picture_is_black() -> None:
    (picture,) = drawn(CAT, withhold_on=[1])
    assert picture.is_withheld
    assert not picture.picture.pixels.any()


@pytest.mark.parametrize("options", [{"size": 60}, {"size": 0}, {"steps": 0}, {"pause_s": -1}, {"colour": "red"}])
def test_a_wrong_script_is_named(options: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(options))):
        engine(**options)
