"""Several things in one prompt, which the built-in model draws one by one and puts together."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from image_models import QUIET, SKETCHER, SKETCHER_OPTIONS, drawn, engine

from models.errors import NothingKnown
from models.image import paper
from models.image.canvas import Canvas, Pixels
from models.image.diffusers import DiffusersImageGenerator
from models.image.groups import Group, Things, grouped
from models.image.known_words import plural
from models.image.mood import mood_left_out
from models.image.retrieval import Asked
from models.image.together import drawn_together
from models.pictures import (
    ALIKE_NOTE,
    EMPTY,
    Add,
    DrawingStep,
    Drawn,
    ImageOptions,
    ImageToImage,
    Inpaint,
    Picture,
    TextToImage,
    Walk,
)

pytestmark = QUIET
OPTIONS = ImageOptions(steps=4, seed=3)
CANVAS = Canvas(64, 8, is_fixed=True, enlarge=4)


@pytest.fixture(scope="module")
def sketcher() -> DiffusersImageGenerator:
    return engine(SKETCHER, **SKETCHER_OPTIONS, vocabulary="tiny-sd")


def told(group: Group | None) -> str:
    """The group as it was understood: 2 cat above 1 red couch."""
    if group is None:
        return ""
    if isinstance(group, Things):
        return (
            f"{group.count} {group.wanted.tint} {group.wanted.prompt.removeprefix('a ').removeprefix('an ')}".replace(
                "  ", " "
            )
        )
    return f"{told(group.first)} {group.way} {told(group.second)}"


@pytest.mark.parametrize(
    ("prompt", "understood"),
    [
        ("two cats", "2 cat"),
        ("Draw me two cats, please.", "2 cat"),
        ("three red balloons", "3 balloon"),
        ("pink elephants", "3 pink elephant"),
        ("a couple of penguins", "2 penguin"),
        ("a cat and a dog", "1 cat beside 1 dog"),
        ("a cat, a dog and a bird", "1 cat beside 1 dog beside 1 bird"),
        ("a dog on a skateboard", "1 dog above 1 skateboard"),
        ("a boy riding a horse", "1 boy above 1 horse"),
        ("a cat under an umbrella", "1 cat below 1 umbrella"),
        ("two dogs sitting on a red sofa", "2 dog above 1 red couch"),
        ("a picture of a house with a boat", "1 house beside 1 sailboat"),
        ("the moon and the stars at night", "1 moon beside 3 star"),
        ("twelve apples", "12 apple"),
    ],
)
def test_a_prompt_of_several_things_is_taken_apart(prompt: str, understood: str) -> None:
    assert told(grouped(prompt)) == understood


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat",
        "a red apple",
        "a pair of scissors",
        "one of those funny frogs",
        "a cat with a red hat",
        "a man with glasses",
        "a snowman with a carrot for a nose",
        "a cat on a quadruple integral",
        "a fish in a bowl",
        "a heart on fire",
        "a house, oil painting",
        "thirteen hundred",
        "seven apples and seven cats",
        "a cat and " * 1000 + "a dog",
        "",
        "🎈 and \u202e",
    ],
)
def test_what_is_one_thing_or_not_known_is_left_whole(prompt: str) -> None:
    assert grouped(prompt) is None


def test_no_known_name_is_taken_apart() -> None:
    from models.image.known_words import vocabulary

    assert not [name for name in vocabulary().prompts if grouped(name)]


def test_the_plural_of_a_thing() -> None:
    assert [plural(name) for name in ("red cat", "fox", "cherry", "mouse", "key", "scissors", "palm leaf")] == [
        "red cats",
        "foxes",
        "cherries",
        "mice",
        "keys",
        "scissors",
        "palm leaves",
    ]


def blot(prompt: str, options: ImageOptions) -> list[DrawingStep | Drawn]:
    """A black square, left of the middle, instead of what a model would draw."""
    pixels = np.full((256, 256, 3), 255, np.uint8)
    pixels[48:208, 16:200] = 0
    return [DrawingStep(1, 2), DrawingStep(2, 2), Drawn(Picture(pixels), 0, options.seed, prompt, 2)]


def arranged(prompt: str, **options: int) -> list[DrawingStep | Drawn]:
    group = grouped(prompt)
    assert group is not None
    return list(drawn_together(group, ImageOptions(**options), CANVAS, lambda text, each: iter(blot(text, each))))


def picture(prompt: str, **options: int) -> Pixels:
    (done,) = (item for item in arranged(prompt, **options) if isinstance(item, Drawn))
    return done.picture.pixels


@pytest.mark.parametrize("count", [2, 3, 5, 7, 12])
def test_so_many_things_are_there_as_were_asked_for(count: int) -> None:
    pixels = picture(f"{count} apples")
    assert pixels.shape == (256, 256, 3)
    assert len(paper.things(pixels)) == count


def test_of_two_of_the_same_one_looks_the_other_way() -> None:
    pixels = picture("two apples")
    assert np.array_equal(pixels, pixels[:, ::-1])


def test_what_is_on_something_stands_on_it() -> None:
    above, below = paper.things(picture("a dog on a skateboard")), paper.things(picture("two dogs on a skateboard"))
    (one,) = above  # they touch
    rows = np.flatnonzero(one.any(axis=1))
    assert rows[-1] - rows[0] > 200
    assert len(below) == 1


def test_the_steps_of_several_things_are_counted_through() -> None:
    steps = [(item.step, item.steps) for item in arranged("a cat and a dog") if isinstance(item, DrawingStep)]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [item.step for item in arranged("three cats") if isinstance(item, DrawingStep)] == [1, 2]


def test_several_pictures_of_several_things_have_seeds_and_sizes_of_their_own() -> None:
    done = [item for item in arranged("two cats", count=3, seed=7, width=128) if isinstance(item, Drawn)]
    assert [(one.index, one.seed, one.picture.width) for one in done] == [(0, 7, 128), (1, 8, 128), (2, 9, 128)]
    assert all(ALIKE_NOTE in one.notes for one in done)


def test_the_model_draws_two_cats_and_the_light_of_the_night(sketcher: DiffusersImageGenerator) -> None:
    (day,) = drawn(sketcher, TextToImage("two clever cats"), OPTIONS)
    assert (day.prompt, day.left_out) == ("two cats", ("clever",))
    (again,) = drawn(sketcher, TextToImage(day.prompt), OPTIONS)
    assert np.array_equal(again.picture.pixels, day.picture.pixels)
    (night,) = drawn(sketcher, TextToImage("a pink penguin and a cat at night"), OPTIONS)
    assert night.prompt == "a pink penguin and a cat at night"
    assert night.left_out == ()
    assert night.picture.pixels[2, 2].astype(int).sum() < 300


def test_a_picture_of_several_things_is_changed_as_such(sketcher: DiffusersImageGenerator) -> None:
    (both,) = drawn(sketcher, TextToImage("a house and a red apple"), ImageOptions(steps=10, seed=3))
    (alone,) = drawn(sketcher, Inpaint(EMPTY, both.picture, region="the apple"), OPTIONS)
    left = np.s_[:, :120]
    assert np.array_equal(alone.picture.pixels[left], both.picture.pixels[left])
    assert len(paper.things(alone.picture.pixels)) < len(paper.things(both.picture.pixels))
    (green,) = drawn(sketcher, ImageToImage("a green house and a red apple", both.picture), OPTIONS)
    assert green.steps == 0
    with pytest.raises(NothingKnown):
        drawn(sketcher, ImageToImage("a house and a red apple, oil painting", both.picture), OPTIONS)


def test_several_things_are_added_at_once(sketcher: DiffusersImageGenerator) -> None:
    (house,) = drawn(sketcher, TextToImage("a house"), OPTIONS)
    (done,) = drawn(sketcher, Add("three stars", house.prompt, house.picture), OPTIONS)
    assert done.prompt == "a house with three stars"
    assert np.array_equal(done.picture.pixels[:, :256], house.picture.pixels)
    assert len(paper.things(done.picture.pixels)) >= len(paper.things(house.picture.pixels)) + 3


def test_a_film_of_two_things_shows_both_in_each_frame(sketcher: DiffusersImageGenerator) -> None:
    task = Walk("two cats and a dog", "two cats and a dog", seed_to=4, frames=2)
    items = list(sketcher.make(task, replace(OPTIONS, steps=2)))
    frames = [item for item in items if isinstance(item, Drawn)]
    assert [(frame.index, frame.seed, frame.prompt) for frame in frames] == [
        (0, 3, "two cats and a dog"),
        (1, 4, "two cats and a dog"),
    ]
    assert [step.step for step in items if isinstance(step, DrawingStep)] == list(range(1, 9))
    assert all(
        (frame.picture.pixels[:, half] < 200).any() for frame in frames for half in (slice(128), slice(128, 256))
    )


def test_it_can_be_stopped_at_the_second_thing(sketcher: DiffusersImageGenerator) -> None:
    making = sketcher.make(TextToImage("a cat and a dog"), OPTIONS)
    steps = [next(making) for _ in range(5)]
    assert [step.step for step in steps if isinstance(step, DrawingStep)] == [1, 2, 3, 4, 5]
    making.close()  # type: ignore[attr-defined]
    assert drawn(sketcher, TextToImage("a cat"), OPTIONS)


def test_the_hour_behind_a_place_that_is_not_known_is_found() -> None:
    assert mood_left_out(("old", "on a lake at sunset")) == ("sunset", ("old", "on a lake"))
    assert mood_left_out(("at night",)) == ("night", ())
    assert mood_left_out(("night school",)) == ("", ("night school",))


def test_retrieval_looks_at_the_first_of_several_things() -> None:
    assert Asked("two pink elephants on a sofa", "elephant").alone == "a pink elephant"
    assert Asked("a red apple", "apple").alone == "a red apple"


def test_things_side_by_side_are_told_apart() -> None:
    pixels = picture("four apples")
    parts = paper.things(pixels)
    for one, other in pairwise(parts):
        assert not (one & other).any()
