"""Changed pictures, looked at pixel by pixel: what was not to change has not changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_models import QUIET, SKETCHER, SKETCHER_OPTIONS, Folder, drawn, engine, folder, noise, pixels

from models.errors import EngineFailed
from models.image import masks, outpainting
from models.image.canvas import Canvas
from models.image.diffusers import DiffusersImageGenerator
from models.image.masks import RegionFinder
from models.image.options import RegionModel
from models.pictures import Enlarge, Extend, ImageOptions, ImageToImage, Inpaint, Picture, Side, TextToImage, Walk

pytestmark = QUIET
__all__ = ["folder"]

SIDES: tuple[Side, ...] = ("left", "right", "top", "bottom")


@pytest.fixture(scope="module", params=["sd", "inpaint", "sketcher"])
def painter(request: pytest.FixtureRequest, folder: Folder) -> DiffusersImageGenerator:
    """Four channels, nine, and the model that ships."""
    if request.param == "sketcher":
        return engine(SKETCHER, **SKETCHER_OPTIONS)
    return engine(folder(request.param))


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (77, 130)])
def test_pixels_outside_the_mask_stay_bit_by_bit(painter: DiffusersImageGenerator, size: tuple[int, int]) -> None:
    width, height = size
    picture, mask = noise(width, height), np.zeros((height, width), np.bool_)
    mask[height // 4 : height // 2, width // 3 :] = True
    mask[-1, 0] = True  # a single pixel in a corner
    changed = pixels(painter, Inpaint("a cat", picture, mask))
    assert np.array_equal(changed[~mask], picture.pixels[~mask])
    assert (changed[mask] != picture.pixels[mask]).any(axis=1).mean() > 0.5
    assert (changed[-1, 0] != picture.pixels[-1, 0]).any()


def test_a_part_can_be_filled_without_a_word(painter: DiffusersImageGenerator) -> None:
    mask = np.ones((64, 64), np.bool_)
    assert not np.array_equal(pixels(painter, Inpaint("", noise(64, 64), mask)), noise(64, 64).pixels)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("by", [1, 40, 150])
def test_extending_keeps_the_old_area_bit_by_bit(painter: DiffusersImageGenerator, side: Side, by: int) -> None:
    picture = noise(72, 64)
    extended = pixels(painter, Extend("the sea", picture, side, by))
    is_upright = side in ("top", "bottom")
    assert extended.shape == ((64 + by, 72, 3) if is_upright else (64, 72 + by, 3))
    old, new = np.split(extended, [64 if is_upright else 72], axis=0 if is_upright else 1)
    if side in ("left", "top"):
        new, old = np.split(extended, [by], axis=0 if is_upright else 1)
    assert np.array_equal(old, picture.pixels)
    assert new.std() > 0


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    by=st.integers(1, 300),
    own=st.integers(8, 200),
    side=st.sampled_from(SIDES),
    factor=st.sampled_from([1.0, 1.5]),
)
@settings(max_examples=200, deadline=None)
def test_windows_cover_all_that_is_new_from_something_known(
    width: int, height: int, by: int, own: int, side: Side, factor: float
) -> None:
    _, is_new = outpainting.padded(np.zeros((height, width, 3), np.uint8), side, by)
    is_left = is_new.copy()
    for window in outpainting.windows(is_new.shape, side, by, own, round(factor * own)):
        place = (window.rows, window.columns)
        assert is_left[place].size
        assert is_left[place].any(), "there is something to be drawn"
        assert not is_left[place].all() or own == 1, "the model sees something that it can continue"
        is_left[place] = False
    assert not is_left.any()


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60), st.floats(0, 1))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pasting_changes_nothing_outside_and_all_parts_inside(seed: int, width: int, height: int, share: float) -> None:
    random = np.random.default_rng(seed)
    mask = random.random((height, width)) < share
    old = random.integers(0, 256, (height, width, 3), np.uint8)
    new = random.integers(0, 256, (height, width, 3), np.uint8)
    result = masks.pasted(new, old, mask)
    assert np.array_equal(result[~mask], old[~mask])
    between = (np.minimum(old, new) <= result) & (result <= np.maximum(old, new))
    assert between.all()


def test_a_seam_is_blended_inside_the_mask_and_thin_parts_are_not_lost() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[:, 50:] = True
    mask[10, :20] = True
    result = masks.pasted(np.full((100, 100, 3), 200, np.uint8), np.zeros((100, 100, 3), np.uint8), mask)[..., 0]
    assert (result[:, :50][~mask[:, :50]] == 0).all()
    ramp = result[50, 50:60].astype(int)
    assert (np.diff(ramp) >= 0).all()
    assert 0 < ramp[2] < 200
    assert (result[:, 64:] == 200).all()
    assert (result[10, :20] == 200).all()


@pytest.mark.parametrize("size", [(7, 5), (64, 64), (33, 200)])
def test_a_mask_at_another_size_has_all_that_it_had(size: tuple[int, int]) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[13, 57] = True
    reduced = masks.reduced(mask, *size)
    assert reduced.shape == size[::-1]
    assert reduced[int(13.5 * size[1] / 64), int(57.5 * size[0] / 64)]


def test_words_find_a_part_of_the_picture(folder: Folder) -> None:
    picture = noise(90, 60).pixels
    # Random weights find nothing in particular, but less of it the higher the threshold.
    values = np.linspace(0.01, 0.99, 6)
    found = [_found(folder, picture, threshold) for threshold in values]
    shares = [mask.mean() for mask in found]
    assert all(mask.shape == (60, 90) for mask in found)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < shares[0]
    with pytest.raises(EngineFailed, match='"the boat" cannot be found in the picture'):
        RegionFinder(RegionModel(str(folder("clipseg")), 0.999), _cpu()).find(picture, "the boat")


@pytest.mark.parametrize(
    ("mask", "says"),
    [(np.zeros((64, 64), np.bool_), "empty"), (np.ones((64, 63), np.bool_), r"shape \(64, 63\)")],
)
def test_a_mask_that_does_not_fit_is_refused(folder: Folder, mask: np.ndarray, says: str) -> None:
    with pytest.raises(EngineFailed, match=says):
        drawn(engine(folder("sd")), Inpaint("a boat", noise(64, 64), mask))


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((1, 5000, 3), np.uint8),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(folder: Folder, bad: np.ndarray) -> None:
    generator = engine(folder("sd"))
    for task in (ImageToImage("a boat", Picture(bad)), Enlarge(Picture(bad))):
        with pytest.raises(EngineFailed, match=r"a picture is|too many"):
            drawn(generator, task)


def test_nothing_grows_beyond_the_largest_size(folder: Folder) -> None:
    generator = engine(folder("sd"))
    with pytest.raises(EngineFailed, match="too many"):
        drawn(generator, Extend("the sea", noise(64, 64), "left", 4096))
    with pytest.raises(EngineFailed, match="too many"):
        drawn(generator, Enlarge(noise(2100, 8)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ImageToImage("a boat", noise(8, 8), 0.0),
        lambda: ImageToImage("a boat", noise(8, 8), 1.1),
        lambda: Extend("a boat", noise(8, 8), "left", 0),
        lambda: Walk("a", "b", 0, 1),
        lambda: Walk("a", "b", -1),
    ],
)
def test_tasks_that_mean_nothing_cannot_be_made(make: object) -> None:
    with pytest.raises(ValueError, match=r"out of range|below 1|not in"):
        make()  # type: ignore[operator]


def test_a_model_for_one_size_draws_every_size_at_its_own(folder: Folder) -> None:
    canvas = Canvas(64, 4, is_fixed=True, enlarge=4)
    assert canvas.drawn(1000, 30) == (64, 64)
    assert canvas.shown(0, 0) == (256, 256)
    assert canvas.shown(512, 300) == (300, 300)
    generator = engine(SKETCHER, **SKETCHER_OPTIONS)
    picture = drawn(generator, TextToImage("a cat"), ImageOptions(steps=4, width=512, height=300))[0]
    assert picture.picture.pixels.shape == (300, 300, 3)
    assert "The model draws squares only." in picture.notes


@pytest.mark.parametrize("size", [(512, 512), (4096, 4096), (4096, 64), (513, 700), (1, 1)])
def test_large_pictures_are_drawn_at_a_size_that_the_model_knows(size: tuple[int, int]) -> None:
    width, height = Canvas(512, 8).drawn(*size)
    assert width % 8 == height % 8 == 0
    assert min(width, height) >= 64
    assert width * height <= 2.1 * 512**2 or min(width, height) == 64


def _found(folder: Folder, picture: np.ndarray, threshold: float) -> np.ndarray:
    try:
        return RegionFinder(RegionModel(str(folder("clipseg")), float(threshold)), _cpu()).find(picture, "the boat")
    except EngineFailed:
        return np.zeros(picture.shape[:2], np.bool_)


def _cpu() -> object:
    import torch

    return torch.device("cpu")
