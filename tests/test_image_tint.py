"""Colours that the embedded image model does not know."""

from __future__ import annotations

import numpy as np
import pytest
from image_models import QUIET, SKETCHER, SKETCHER_OPTIONS, drawn, engine

from models.image.diffusers import DiffusersImageGenerator
from models.image.mood import lit, mood_left_out
from models.image.tint import COLOURS, colour_left_out, tinted
from models.pictures import Drawn, ImageOptions, ImageToImage, Inpaint, TextToImage

pytestmark = QUIET
OPTIONS = ImageOptions(steps=4, seed=3)


@pytest.fixture(scope="module")
def sketcher() -> DiffusersImageGenerator:
    return engine(SKETCHER, **SKETCHER_OPTIONS, vocabulary="tiny-sd")


def one(sketcher: DiffusersImageGenerator, prompt: str) -> Drawn:
    (picture,) = drawn(sketcher, TextToImage(prompt), OPTIONS)
    return picture


@pytest.mark.parametrize("colour", COLOURS)
def test_a_tint_keeps_light_and_shade_and_the_white_around(colour: str) -> None:
    grey = np.linspace(0, 255, 64).astype(np.uint8).repeat(3).reshape(8, 8, 3)
    coloured = tinted(grey, colour)
    assert coloured[0, 0].tolist() == [0, 0, 0]
    assert coloured[-1, -1].tolist() == [255, 255, 255]
    assert (np.diff(coloured.reshape(-1, 3).astype(int).sum(axis=1)) >= 0).all()
    blank = np.full((4, 4, 3), 255, np.uint8)
    assert np.array_equal(tinted(blank, colour), blank)


def test_only_the_colour_of_the_thing_itself_is_meant() -> None:
    assert colour_left_out(["my pink", "with a red hat"]) == "pink"
    assert colour_left_out(["with a red hat"]) == ""
    assert colour_left_out([]) == ""


def test_a_thing_in_a_colour_that_the_model_never_saw_gets_it_afterwards_and_that_is_said(
    sketcher: DiffusersImageGenerator,
) -> None:
    grey, pink = one(sketcher, "a penguin"), one(sketcher, "my new pink penguin")
    assert (pink.prompt, pink.left_out) == ("a pink penguin", ("new",))
    assert "never seen this in pink" in pink.notes[0]
    assert np.array_equal(pink.picture.pixels, tinted(grey.picture.pixels, "pink"))


def test_a_colour_that_the_model_knows_is_left_to_it(sketcher: DiffusersImageGenerator) -> None:
    assert one(sketcher, "a blue car").left_out == ()
    assert "coloured" not in " ".join(one(sketcher, "a blue car").notes)


def test_a_changed_picture_gets_the_colour_as_well_and_so_does_a_thing_that_is_drawn_into_a_part_of_one(
    sketcher: DiffusersImageGenerator,
) -> None:
    old = one(sketcher, "a penguin").picture
    (green,) = drawn(sketcher, ImageToImage("a green penguin", old, 0.5), OPTIONS)
    assert green.prompt == "a green penguin"
    mask = np.zeros(old.pixels.shape[:2], np.bool_)
    mask[: old.height // 2] = True
    (part,) = drawn(sketcher, Inpaint("a green penguin", old, mask), OPTIONS)
    assert np.array_equal(part.picture.pixels[~mask], old.pixels[~mask])
    assert part.left_out == ()
    drawn_there = part.picture.pixels[mask].astype(int)
    things = drawn_there[drawn_there.sum(axis=1) < 600]  # on white paper
    assert len(things) > 100
    assert np.mean(things[:, 1] >= things[:, [0, 2]].max(axis=1)) > 0.6


def test_the_light_of_an_hour_is_given_afterwards_and_that_is_said(sketcher: DiffusersImageGenerator) -> None:
    day, night = one(sketcher, "a house"), one(sketcher, "a house at night")
    assert (night.prompt, night.left_out) == ("a house at night", ())
    assert "the light was given to it afterwards" in night.notes[0]
    assert np.array_equal(night.picture.pixels, lit(day.picture.pixels, "night"))
    assert night.picture.pixels[0, 0].astype(int).sum() < day.picture.pixels[0, 0].astype(int).sum() / 3


def test_a_picture_that_becomes_night_keeps_its_things(sketcher: DiffusersImageGenerator) -> None:
    day = one(sketcher, "a house")
    (night,) = drawn(sketcher, ImageToImage("a house, night", day.picture), OPTIONS)
    assert night.prompt == "a house at night"
    assert "the light was given to it afterwards" in night.notes[0]
    assert np.array_equal(night.picture.pixels, lit(day.picture.pixels, "night"))
    (dusk,) = drawn(sketcher, ImageToImage("a house at night, dusk", night.picture), OPTIONS)
    assert dusk.prompt == "a house at dusk"
    assert dusk.picture.pixels[0, 0].astype(int).sum() > night.picture.pixels[0, 0].astype(int).sum()


@pytest.mark.parametrize(
    ("left_out", "mood", "rest"),
    [
        (("at dusk",), "dusk", ()),
        (("my old", "in the evening"), "evening", ("my old",)),
        (("night", "with a hat"), "night", ("with a hat",)),
        (("at dusk", "night"), "night", ()),
        (("a night train",), "", ("a night train",)),
        ((), "", ()),
    ],
)
def test_an_hour_is_told_from_what_only_contains_its_name(
    left_out: tuple[str, ...], mood: str, rest: tuple[str, ...]
) -> None:
    assert mood_left_out(left_out) == (mood, rest)
