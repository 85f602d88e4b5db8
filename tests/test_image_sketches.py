"""Changes of pictures by the built-in model: things on plain paper are found by their looks, added, and taken away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from drawings import scene
from image_models import QUIET, SKETCHER, SKETCHER_OPTIONS, drawn, engine

from models.errors import EngineFailed, NothingKnown, PartNotFound
from models.image import paper, sketches
from models.image.diffusers import DiffusersImageGenerator
from models.image.tint import tinted
from models.pictures import (
    EMPTY,
    Add,
    DrawingStep,
    Drawn,
    Extend,
    ImageOptions,
    ImageToImage,
    Inpaint,
    Picture,
    TextToImage,
)

pytestmark = QUIET
OPTIONS = ImageOptions(steps=10, seed=3)


@pytest.fixture(scope="module")
def sketcher() -> DiffusersImageGenerator:
    return engine(SKETCHER, **SKETCHER_OPTIONS, vocabulary="tiny-sd")


@pytest.fixture(scope="module")
def house(sketcher: DiffusersImageGenerator) -> Drawn:
    return drawn(sketcher, TextToImage("a house"), OPTIONS)[0]


@pytest.fixture(scope="module")
def both(sketcher: DiffusersImageGenerator, house: Drawn) -> Drawn:
    """A house with an apple."""
    return drawn(sketcher, Add("a shiny red apple", house.prompt, house.picture), OPTIONS)[0]


def blot(*places: tuple[int, int, int]) -> np.ndarray:
    """A picture of black squares (top, left, side) on white, 128 pixels wide."""
    pixels = np.full((128, 128, 3), 255, np.uint8)
    for top, left, side in places:
        pixels[top : top + side, left : left + side] = 0
    return pixels


def test_things_are_told_apart_and_dirt_is_none() -> None:
    large, small = paper.things(blot((8, 8, 40), (80, 80, 24), (60, 120, 2)))
    assert large[8:48, 8:48].all()
    assert small[80:104, 80:104].all()
    assert not (large & small).any()
    assert large.sum() < 50**2


def test_room_is_the_largest_empty_square_and_none_where_a_thing_fills_the_paper() -> None:
    assert paper.room(blot((0, 0, 64))) is not None
    top, left, side = paper.room(blot((0, 0, 60))) or (0, 0, 0)
    assert side >= 56
    assert not (top < 62 and left < 62)
    free = blot((0, 0, 60), (top, left, side))
    assert len(paper.things(free)) == 2
    assert paper.room(blot((8, 8, 112))) is None


def test_what_is_added_is_drawn_beside_the_others_which_stay_as_they_were(house: Drawn, both: Drawn) -> None:
    old, new = house.picture, both.picture
    assert (new.width, new.height) == (2 * old.width, old.height)
    assert np.array_equal(new.pixels[:, : old.width], old.pixels)
    assert both.prompt == "a house with a red apple"
    assert both.left_out == ("shiny",)
    apple = paper.cut_out(new.pixels, sketches.find(new.pixels, "the apple"))
    assert (apple[..., 0].astype(int) - apple[..., 2]).max() > 100


def test_what_is_taken_away_leaves_paper_and_every_other_pixel(
    sketcher: DiffusersImageGenerator, house: Drawn, both: Drawn
) -> None:
    (done,) = drawn(sketcher, Inpaint(EMPTY, both.picture, region="the apple"), OPTIONS)
    assert np.array_equal(done.picture.pixels[:, : house.picture.width], house.picture.pixels)
    assert len(paper.things(done.picture.pixels)) == len(paper.things(house.picture.pixels))


def test_what_is_added_comes_where_there_is_room(sketcher: DiffusersImageGenerator, both: Drawn) -> None:
    (empty,) = drawn(sketcher, Inpaint(EMPTY, both.picture, region="the apple"), OPTIONS)
    (again,) = drawn(sketcher, Add("a red apple", "a house", empty.picture), OPTIONS)
    assert again.picture.pixels.shape == both.picture.pixels.shape


def test_a_thing_gets_a_colour_or_gives_way_to_another(
    sketcher: DiffusersImageGenerator, house: Drawn, both: Drawn
) -> None:
    mask = sketches.find(both.picture.pixels, "the apple")
    (blue,) = drawn(sketcher, Inpaint("blue apple", both.picture, region="the apple"), OPTIONS)
    apple = mask & (np.abs(both.picture.pixels.astype(int) - 255).max(-1) > 120)
    assert np.array_equal(blue.picture.pixels[apple], tinted(both.picture.pixels, "blue")[apple])
    (star,) = drawn(sketcher, Inpaint("a star", both.picture, region="the apple"), OPTIONS)
    for changed in (blue, star):
        assert np.array_equal(changed.picture.pixels[~mask], both.picture.pixels[~mask])
    assert not np.array_equal(star.picture.pixels[mask], both.picture.pixels[mask])


def test_what_is_drawn_into_a_mask_is_a_whole_thing_and_nothing_else_changes(
    sketcher: DiffusersImageGenerator, house: Drawn
) -> None:
    (wide,) = drawn(sketcher, Extend("a house", house.picture, "right", 256), OPTIONS)
    mask = np.zeros(wide.picture.pixels.shape[:2], np.bool_)
    mask[40:200, 300:480] = True
    (star,) = drawn(sketcher, Inpaint("a star", wide.picture, mask), OPTIONS)
    assert np.array_equal(star.picture.pixels[~mask], wide.picture.pixels[~mask])
    assert sketches.find(star.picture.pixels, "the star")[120, 380]
    (gone,) = drawn(sketcher, Inpaint(EMPTY, star.picture, mask), OPTIONS)
    assert np.array_equal(gone.picture.pixels, wide.picture.pixels)
    with pytest.raises(EngineFailed, match="mask is empty"):
        drawn(sketcher, Inpaint("a star", wide.picture, np.zeros_like(mask)), OPTIONS)


def test_the_sky_gets_a_colour_and_the_things_keep_theirs(sketcher: DiffusersImageGenerator, house: Drawn) -> None:
    (blue,) = drawn(sketcher, Inpaint("blue sky", house.picture, region="the sky"), OPTIONS)
    corner = blue.picture.pixels[2, 2].astype(int)
    assert corner[2] - corner[0] > 80
    middle = np.s_[100:180, 60:200]
    assert np.array_equal(blue.picture.pixels[middle], house.picture.pixels[middle])
    assert sketches.can_change(Add("a star", "a house", blue.picture))


def test_more_paper_is_paper(sketcher: DiffusersImageGenerator, house: Drawn) -> None:
    (wide,) = drawn(sketcher, Extend("a house", house.picture, "left", 128), OPTIONS)
    assert np.array_equal(wide.picture.pixels[:, 128:], house.picture.pixels)
    assert (wide.picture.pixels[:, :128] == paper.paper(house.picture.pixels)).all()


@pytest.mark.parametrize("region", ["the submarine", "the quadruple integral", "!"])
def test_what_is_not_there_is_not_found(sketcher: DiffusersImageGenerator, house: Drawn, region: str) -> None:
    with pytest.raises(PartNotFound):
        drawn(sketcher, Inpaint(EMPTY, house.picture, region=region), OPTIONS)


def test_what_the_model_does_not_know_is_not_added(sketcher: DiffusersImageGenerator, house: Drawn) -> None:
    with pytest.raises(NothingKnown):
        drawn(sketcher, Add("a quadruple integral", "a house", house.picture), OPTIONS)


def test_it_can_be_stopped_at_each_step(sketcher: DiffusersImageGenerator, house: Drawn) -> None:
    making = sketcher.make(Add("a red apple", "a house", house.picture), OPTIONS)
    assert isinstance(making, Iterator)
    assert isinstance(next(making), DrawingStep)
    making.close()
    assert drawn(sketcher, TextToImage("a house"), OPTIONS)[0].picture.pixels.shape == house.picture.pixels.shape


def test_a_picture_that_is_not_on_plain_paper_is_changed_as_a_whole(sketcher: DiffusersImageGenerator) -> None:
    photo = scene()
    task = Add("a red apple", "a house", photo)
    assert not sketches.can_change(task)
    (added,), (anew,) = (drawn(sketcher, each, OPTIONS) for each in (task, task.anew()))
    assert np.array_equal(added.picture.pixels, anew.picture.pixels)
    assert isinstance(task.anew(), ImageToImage)


def test_a_picture_of_one_pixel_breaks_nothing() -> None:
    dot = Picture(np.zeros((1, 1, 3), np.uint8))
    assert paper.things(dot.pixels) == []
    assert paper.room(dot.pixels) == (0, 0, 1)
