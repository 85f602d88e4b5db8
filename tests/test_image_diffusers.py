"""Stable Diffusion's pipelines with small random weights, through the same code as large ones."""

from __future__ import annotations

import numpy as np
import pytest
from image_models import FAST, QUIET, SKETCHER, SKETCHER_OPTIONS, Folder, drawn, engine, folder, noise, pixels, steps

from models.errors import EngineFailed, SettingError
from models.image.diffusers import DiffusersImageGenerator
from models.image.schedulers import _SCHEDULERS
from models.pictures import (
    Drawn,
    Enlarge,
    Extend,
    ImageOptions,
    ImageTask,
    ImageToImage,
    Inpaint,
    Instruct,
    Picture,
    TextToImage,
    Walk,
)

pytestmark = QUIET
__all__ = ["folder"]

PICTURE = noise(96, 64)
LEFT_HALF = np.arange(96)[np.newaxis, :].repeat(64, axis=0) < 48
TASKS: dict[str, ImageTask] = {
    "text": TextToImage("a red boat"),
    "image": ImageToImage("a red boat", PICTURE),
    "inpaint": Inpaint("a red boat", PICTURE, LEFT_HALF),
    "region": Inpaint("a red boat", PICTURE, region="the sea"),
    "extend": Extend("the sea", PICTURE, "top", 24),
    "enlarge": Enlarge(PICTURE),
    "instruct": Instruct("make it snow", PICTURE),
    "walk": Walk("a red boat", "the sea", seed_to=5, frames=3),
}
SIZES = {"text": (64, 64), "walk": (64, 64), "extend": (96, 88), "enlarge": (192, 128)}


@pytest.fixture(scope="module", params=["sd", "xl"])
def generator(request: pytest.FixtureRequest, folder: Folder) -> DiffusersImageGenerator:
    """The first paints into pictures with its own four channels, the second has a model with nine beside it."""
    options: dict[str, object] = {} if request.param == "sd" else {"inpaint": {"folder": str(folder("inpaint"))}}
    return engine(
        folder(request.param),
        instruct={"folder": str(folder("pix2pix"))},
        upscaler={"folder": str(folder("upscaler"))},
        regions={"folder": str(folder("clipseg")), "threshold": 0.01},
        **options,
    )


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_done_step_by_step_with_previews(generator: DiffusersImageGenerator, name: str) -> None:
    items = list(generator.make(TASKS[name], ImageOptions(steps=4, preview_every=2)))
    done = steps(iter(items))
    assert [step.step for step in done] == list(range(1, len(done) + 1))
    assert {step.steps for step in done} == {len(done)}
    if name != "enlarge":
        assert [step.preview is not None for step in done[:3]] == [False, True, False][: len(done)]
        assert all(step.preview.pixels.shape[2] == 3 for step in done if step.preview)
    pictures = [item for item in items if isinstance(item, Drawn)]
    assert [picture.index for picture in pictures] == list(range(3 if name == "walk" else 1))
    assert {(one.picture.width, one.picture.height) for one in pictures} == {SIZES.get(name, (96, 64))}
    assert not any(one.is_withheld for one in pictures)


@pytest.mark.parametrize("name", TASKS)
def test_equal_seeds_give_equal_pictures_and_others_do_not(generator: DiffusersImageGenerator, name: str) -> None:
    first, other, again = (
        [one.picture.pixels for one in drawn(generator, TASKS[name], ImageOptions(steps=3, seed=seed))]
        for seed in (7, 8, 7)
    )
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert any(not np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_pictures_at_once_are_those_of_the_seeds_that_follow(generator: DiffusersImageGenerator) -> None:
    task = TextToImage("a red boat")
    several = drawn(generator, task, ImageOptions(steps=3, seed=10, count=3))
    assert [one.seed for one in several] == [10, 11, 12]
    alone = pixels(generator, task, ImageOptions(steps=3, seed=12))
    assert np.array_equal(several[2].picture.pixels, alone)


@pytest.mark.parametrize("form", ["sd", "xl"])
def test_a_picture_is_that_of_the_library_itself(folder: Folder, form: str) -> None:
    import diffusers
    import torch

    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder(form))
    pipeline.set_progress_bar_config(disable=True)
    expected = pipeline(
        "a red boat",
        negative_prompt="snow",
        num_inference_steps=4,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]
    options = ImageOptions(negative_prompt="snow", steps=4, guidance=5.0, seed=3)
    ours = pixels(engine(folder(form)), TextToImage("a red boat"), options)
    assert np.abs(ours.astype(int) - _bytes(expected)).max() <= 1  # where a value lies between two bytes


@pytest.mark.parametrize("name", _SCHEDULERS)
def test_every_scheduler_draws(folder: Folder, name: str) -> None:
    generator = engine(folder("sd"))
    one, again = (drawn(generator, TextToImage("a boat"), ImageOptions(steps=4, scheduler=name))[0] for _ in range(2))
    assert np.array_equal(one.picture.pixels, again.picture.pixels)
    assert one.steps == 4


def test_an_unknown_scheduler_is_named(folder: Folder) -> None:
    with pytest.raises(EngineFailed, match='no scheduler "eulr"; did you mean "euler"'):
        drawn(engine(folder("sd")), TextToImage("a boat"), ImageOptions(scheduler="eulr"))


@pytest.mark.parametrize("strength", [0.01, 0.1, 1 / 3, 0.5, 1.0])
@pytest.mark.parametrize("n_steps", [1, 3])
def test_a_picture_after_another_takes_at_least_one_step(folder: Folder, strength: float, n_steps: int) -> None:
    task = ImageToImage("a boat", PICTURE, strength)
    items = list(engine(folder("sd")).make(task, ImageOptions(steps=n_steps, scheduler="ddim")))
    assert steps(iter(items))
    assert isinstance(items[-1], Drawn)


@pytest.mark.parametrize("size", [(64, 64), (100, 60), (8, 200), (1, 1), (333, 222)])
def test_pictures_have_the_size_that_was_asked_for(folder: Folder, size: tuple[int, int]) -> None:
    generator = engine(folder("sd"))
    picture = drawn(generator, TextToImage("a boat"), ImageOptions(steps=2, width=size[0], height=size[1]))[0].picture
    assert (picture.width, picture.height) == size
    again = drawn(generator, ImageToImage("a boat", picture), FAST)[0].picture
    assert (again.width, again.height) == size


def test_what_the_weights_are_not_made_for_is_said(folder: Folder) -> None:
    with pytest.raises(EngineFailed, match="draws no new ones"):
        drawn(engine(folder("inpaint")), TextToImage("a boat"))
    with pytest.raises(EngineFailed, match="name an InstructPix2Pix"):
        drawn(engine(folder("sd")), Instruct("make it snow", PICTURE))
    with pytest.raises(EngineFailed, match="no model that finds parts"):
        drawn(engine(folder("sd")), Inpaint("a boat", PICTURE, region="the sea"))


def test_without_an_upscaler_pictures_are_resampled(folder: Folder) -> None:
    flat = Picture(np.full((40, 50, 3), 90, np.uint8))
    assert np.array_equal(pixels(engine(folder("sd")), Enlarge(flat)), np.full((80, 100, 3), 90, np.uint8))


def test_a_walk_begins_and_ends_with_the_pictures_of_its_ends(folder: Folder) -> None:
    generator = engine(folder("sd"))
    frames = drawn(generator, Walk("a red boat", "the sea", seed_to=5, frames=4), ImageOptions(steps=3, seed=1))
    first = pixels(generator, TextToImage("a red boat"), ImageOptions(steps=3, seed=1))
    last = pixels(generator, TextToImage("the sea"), ImageOptions(steps=3, seed=5))
    assert np.array_equal(frames[0].picture.pixels, first)
    # The last one's noise has gone through sines, which is right to the last bits only.
    assert np.abs(frames[-1].picture.pixels.astype(int) - last).max() <= 1
    assert [frame.prompt for frame in frames] == ["a red boat"] * 3 + ["the sea"]


@pytest.mark.parametrize("prompt", ["a red apple", "a blue car", "a tree"])
def test_a_preview_shows_the_colours_that_come(prompt: str) -> None:
    generator = engine(SKETCHER, **SKETCHER_OPTIONS)
    *_, last, picture = generator.make(TextToImage(prompt), ImageOptions(preview_every=1))
    small = picture.picture.pixels.reshape(16, 16, 16, 16, 3).mean(axis=(1, 3))
    difference = np.abs(last.preview.pixels.astype(float) - small)
    assert difference.mean() < 20  # of 255; these three are at 9 to 13, one of the others at 65 and more


def test_the_model_that_ships_draws_large_enough_to_be_shown() -> None:
    red = pixels(engine(SKETCHER, **SKETCHER_OPTIONS), TextToImage("a red apple"))
    assert red.shape == (256, 256, 3)
    middle = red[96:160, 96:160].mean(axis=(0, 1))
    assert middle[0] > middle[1] + 60
    assert middle[0] > middle[2] + 60


@pytest.mark.parametrize("mode", ["slices", "offload"])
def test_low_memory_changes_no_picture_much(folder: Folder, mode: str) -> None:
    usual = pixels(engine(folder("sd")), TextToImage("a boat"))
    saving = pixels(engine(folder("sd"), low_memory=mode), TextToImage("a boat"))
    assert np.abs(usual.astype(int) - saving).max() <= 2


@pytest.mark.parametrize("options", [{"steps": 0}, {"enlarge": 9}, {"low_memory": "some"}, {"stepz": 3}])
def test_a_wrong_option_is_named(folder: Folder, options: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(options))):
        engine(folder("sd"), **options)


def _bytes(values: np.ndarray) -> np.ndarray:
    return (255 * values).round().astype(np.uint8)
