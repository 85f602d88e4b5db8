"""Pictures from anywhere: upright, on white, never more than the limits; what is wrong with a file is said."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from models.errors import PictureError
from models.image.file import read_mask, read_picture
from models.pictures import Picture

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def half_red(width: int = 32, height: int = 16) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width, height // 2))
    return image


def bomb(path: Path, width: int, height: int) -> None:
    """A PNG of a hundred bytes that claims to be huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.gif"])
def test_the_pixels_of_common_formats_arrive(tmp_path: Path, name: str) -> None:
    half_red().save(tmp_path / name, lossless=True)
    picture = read_picture(tmp_path / name)
    assert (picture.width, picture.height) == (32, 16)
    assert np.array_equal(picture.pixels, np.array(half_red()))


def test_a_picture_lies_upright_as_the_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right to be seen
    half_red().save(tmp_path / "a.png", exif=exif)
    picture = read_picture(tmp_path / "a.png")
    assert (picture.width, picture.height) == (16, 32)
    assert tuple(picture.pixels[0, 0]) == BLUE
    assert tuple(picture.pixels[0, -1]) == RED


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0)).convert(mode)
    image.save(tmp_path / "a.png", transparency=0 if mode == "P" else None)
    assert tuple(read_picture(tmp_path / "a.png").pixels[3, 3]) == WHITE


def test_sixteen_bits_a_pixel_become_eight(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 0x8080, np.uint16)).save(tmp_path / "a.png")
    assert tuple(read_picture(tmp_path / "a.png").pixels[0, 0]) == (128, 128, 128)


def test_the_first_picture_of_an_animation_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert tuple(read_picture(tmp_path / "a.gif").pixels[0, 0]) == RED


def test_inks_become_light(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.jpg")
    assert tuple(read_picture(tmp_path / "a.jpg").pixels[0, 0]) == WHITE


@pytest.mark.parametrize(("width", "height"), [(8193, 16), (100_000, 100_000), (2**31 - 1, 2**31 - 1), (0, 5)])
def test_a_size_that_is_not_taken_is_refused_before_any_pixel_is_decoded(
    tmp_path: Path, width: int, height: int
) -> None:
    bomb(tmp_path / "bomb.png", width, height)
    with pytest.raises(PictureError, match=r"bomb\.png"):
        read_picture(tmp_path / "bomb.png")


def test_a_picture_that_breaks_off_is_refused(tmp_path: Path) -> None:
    half_red(256, 256).effect_spread(40).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PictureError, match=r"cut\.png is damaged"):
        read_picture(tmp_path / "cut.png")


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not a picture")
    os.mkfifo(tmp_path / "pipe.png")
    names = {
        "empty.png": "must be PNG, JPEG, WebP or GIF",
        "text.png": "must be PNG, JPEG, WebP or GIF",
        "pipe.png": "not a regular file",
        "missing.png": "no such file",
        "x" * 300: "cannot be read",
        "null\0.png": "no such file",
    }
    for name, says in names.items():
        with pytest.raises(PictureError, match=says):
            read_picture(tmp_path / name)


def test_formats_that_only_a_few_programs_write_are_refused(tmp_path: Path) -> None:
    half_red().save(tmp_path / "a.tga")
    with pytest.raises(PictureError, match="must be PNG, JPEG, WebP or GIF"):
        read_picture(tmp_path / "a.tga")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_a_picture_or_an_error_of_ours(tmp_path: Path, form: str, place: int, noise: bytes) -> None:
    written = io.BytesIO()
    half_red().effect_spread(9).save(written, form)
    content = bytearray(written.getvalue())
    place %= len(content)
    content[place : place + len(noise)] = noise
    (tmp_path / "a").write_bytes(content)
    try:
        picture = read_picture(tmp_path / "a")
    except PictureError:
        return
    assert picture.pixels.shape == (picture.height, picture.width, 3)
    assert picture.pixels.dtype == np.uint8


def test_a_mask_is_true_where_it_is_white(tmp_path: Path) -> None:
    mask = Image.new("L", (32, 16))
    mask.paste(255, (4, 2, 8, 10))
    mask.save(tmp_path / "mask.png")
    white = read_mask(tmp_path / "mask.png", Picture(np.array(half_red())))
    assert white.dtype == np.bool_
    assert white[2:10, 4:8].all()
    assert white.sum() == 32


def test_a_mask_that_is_transparent_somewhere_is_true_there(tmp_path: Path) -> None:
    mask = Image.new("RGBA", (32, 16), "white")
    mask.paste((0, 0, 0, 0), (4, 2, 8, 10))
    mask.save(tmp_path / "mask.png")
    clear = read_mask(tmp_path / "mask.png", Picture(np.array(half_red())))
    assert clear[2:10, 4:8].all()
    assert clear.sum() == 32


@pytest.mark.parametrize(
    ("size", "colour", "says"),
    [((16, 16), "white", r"16 x 16 pixels and the picture 32 x 16"), ((32, 16), "black", "nowhere white")],
)
def test_a_mask_that_fits_nothing_is_refused(tmp_path: Path, size: tuple[int, int], colour: str, says: str) -> None:
    Image.new("RGB", size, colour).save(tmp_path / "mask.png")
    with pytest.raises(PictureError, match=says):
        read_mask(tmp_path / "mask.png", Picture(np.array(half_red())))
