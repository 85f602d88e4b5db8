"""The invisible mark: nobody sees it, JPEG and scissors do not remove it, and it is found nowhere else."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawings import scene
from PIL import Image, ImageDraw

from assistant.pictures.watermark import SMALLEST, find, marked
from models.pictures import Picture


def plain(colour: int) -> Picture:
    return Picture(np.full((256, 256, 3), colour, np.uint8))


def sketch() -> Picture:
    """An apple on white, as the built-in model draws: plain surfaces and a few edges."""
    image = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 60, 210, 230), fill="red")
    draw.rectangle((118, 20, 130, 80), fill=(60, 40, 0))
    return Picture(np.array(image))


def writing() -> Picture:
    image = Image.new("RGB", (512, 512), "white")
    for line in range(40):
        ImageDraw.Draw(image).text((5, line * 13), "The quick brown fox jumps over the lazy dog " * 3, fill="black")
    return Picture(np.array(image))


PICTURES = {
    "photograph": scene(512, 384),
    "rough": scene(512, 512, roughness=1.0),
    "smooth": scene(300, 256, roughness=2.2),
    "white": plain(255),
    "black": plain(0),
    "sketch": sketch(),
    "writing": writing(),
}


def through_jpeg(picture: Picture, quality: int) -> Picture:
    written = io.BytesIO()
    Image.fromarray(picture.pixels).save(written, "JPEG", quality=quality)
    return Picture(np.array(Image.open(written)))


def psnr_db(one: Picture, other: Picture) -> float:
    error = np.mean((one.pixels.astype(float) - other.pixels) ** 2)
    return float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize("name", PICTURES)
def test_the_mark_is_found_and_not_seen(name: str) -> None:
    picture = PICTURES[name]
    with_mark = marked(picture)
    assert find(with_mark).is_there
    assert psnr_db(picture, with_mark) > 38
    assert np.abs(with_mark.pixels.astype(int) - picture.pixels).max() <= 14


@pytest.mark.parametrize("name", PICTURES)
def test_the_mark_outlives_jpeg(name: str) -> None:
    assert find(through_jpeg(marked(PICTURES[name]), 75)).is_there


def test_the_mark_outlives_scissors() -> None:
    cut = Picture(marked(PICTURES["photograph"]).pixels[37:-20, 51:-90])
    assert find(cut).is_there
    assert (find(cut).row, find(cut).column) == (128 - 37, 128 - 51)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_without_the_mark_has_none(name: str) -> None:
    assert not find(PICTURES[name]).is_there
    assert not find(through_jpeg(PICTURES[name], 75)).is_there


def test_no_mark_is_found_in_many_pictures_and_patterns() -> None:
    scores = [find(scene(256, 192, seed, roughness)).score for seed in range(40) for roughness in (0.0, 1.0, 2.0)]
    rows, columns = np.mgrid[:256, :256]
    for period in range(2, 130, 3):
        for pattern in ((rows // period + columns // period) % 2 * 255, columns % period * 255 // period):
            scores.append(find(Picture(np.repeat(pattern.astype(np.uint8)[..., None], 3, axis=2))).score)
    assert max(scores) < 6  # of 7, from which on there is one


def test_small_pictures_are_left_alone() -> None:
    picture = scene(SMALLEST - 1, 512)
    assert marked(picture) is picture


def test_only_the_pixels_that_may_change_do_and_in_step_with_the_others() -> None:
    old = marked(scene(512, 384))
    where = np.zeros((384, 512), np.bool_)
    where[:, 300:] = True
    shifted = Picture(np.concatenate([old.pixels[:, 40:], scene(40, 384).pixels], axis=1))
    new = marked(shifted, where, at=find(shifted))
    assert np.array_equal(new.pixels[~where], shifted.pixels[~where])
    assert not np.array_equal(new.pixels[where], shifted.pixels[where])
    tail = find(Picture(marked(scene(512, 384, seed=8), where, at=find(shifted)).pixels[:, 300:]))
    assert tail.is_there
    assert tail.column == (find(shifted).column - 300) % 128
