"""Captions in the picture: there while they are shown, and nothing else changed but what encoding changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import encoded
from videos import Shape, luma, packets, video

from models.errors import AudioError, FontMissing, NoPicture, VideoError
from models.video import burn, fonts
from models.video.drawing import Artist

CAPTIONS = [(0.45, 1.15, "Hello there,\nhow are you?"), (1.95, 2.55, "Fine.")]  # not on the time of a frame
SHOWN = {0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5}

# How much two encodings of one picture may differ on average; white letters on a grey slope differ by ten times that.
CODING_NOISE = 3.0


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".webm"])
def test_the_lower_part_shows_the_caption_while_it_is_on_and_nothing_else_differs(tmp_path: Path, ending: str) -> None:
    plain, burnt = video(tmp_path / f"plain{ending}"), tmp_path / f"burnt{ending}"
    shares: list[float] = []
    burn(plain, CAPTIONS, "en", burnt, shares.append)
    before, after = luma(plain), luma(burnt)
    assert after.keys() == before.keys()
    for time_s, picture in after.items():
        difference = np.abs(picture - before[time_s])
        upper, lower = difference[:120], difference[130:]
        assert upper.mean() < CODING_NOISE, time_s
        assert (lower.max() > 80) == (time_s in SHOWN), time_s
        if time_s not in SHOWN:
            assert lower.mean() < CODING_NOISE, time_s
    assert packets(burnt, ("audio",)) == packets(plain, ("audio",))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([plain.name, burnt.name])


def test_the_letters_are_white_in_the_middle_and_clear_of_the_edges(tmp_path: Path) -> None:
    plain, burnt = video(tmp_path / "plain.mp4", Shape(width=640, height=360)), tmp_path / "burnt.mp4"
    burn(plain, CAPTIONS, "en", burnt)
    changed = np.abs(luma(burnt)[0.9] - luma(plain)[0.9]) > 40
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert columns.mean() == pytest.approx(320, abs=6)
    assert rows.max() <= 360 * 0.95
    assert columns.min() >= 640 * 0.05
    assert rows.min() >= 360 * 0.7
    assert luma(burnt)[0.9].max() > 220


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_in_a_turned_picture_the_caption_is_upright_for_those_who_look(tmp_path: Path, rotation: int) -> None:
    plain, burnt = video(tmp_path / "plain.mp4", Shape(rotation=rotation)), tmp_path / "burnt.mp4"
    burn(plain, [(0, 3, "Fine.")], "en", burnt)
    with av.open(burnt) as container:
        assert abs(next(container.decode(video=0)).rotation) == abs(rotation)
    changed = np.rot90(np.abs(luma(burnt)[0.9] - luma(plain)[0.9]) > 40, rotation // 90)
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    height, width = changed.shape
    assert rows.min() > height * 0.8
    assert columns.mean() == pytest.approx(width / 2, abs=6)
    assert np.ptp(columns) > np.ptp(rows)


def test_an_upright_picture_takes_smaller_letters(tmp_path: Path) -> None:
    plain, burnt = video(tmp_path / "plain.mp4", Shape(width=180, height=320)), tmp_path / "burnt.mp4"
    burn(plain, [(0, 3, "twenty-four letters wide")], "en", burnt)
    columns = np.flatnonzero((np.abs(luma(burnt)[0.9] - luma(plain)[0.9]) > 40).any(axis=0))
    assert columns.min() >= 180 * 0.05 - 1
    assert columns.max() <= 180 * 0.95 + 1


def test_a_picture_of_odd_sides_is_burnt(tmp_path: Path) -> None:
    plain = tmp_path / "plain.mkv"
    with av.open(plain, "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 161, 121, "yuv444p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((121, 161, 3), 90, np.uint8), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    burn(plain, [(0, 1, "Fine.")], "en", tmp_path / "burnt.mp4")
    pictures = luma(tmp_path / "burnt.mp4")
    assert {picture.shape for picture in pictures.values()} == {(120, 160)}
    assert len(pictures) == 5


def test_text_from_right_to_left_is_shaped_and_not_mirrored() -> None:
    artist = Artist(640, 360, 0, "ar")
    forward, backward = artist.drawn("abc مرحبا"), artist.drawn("abc ابحرم")
    assert forward.white.shape[0] > 8
    assert forward.white.sum() != backward.white.sum()  # letters change their form with their neighbours


def test_letters_that_no_font_has_are_told_and_nothing_is_left(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4")
    with pytest.raises(FontMissing, match="no font on this machine has the letters \U00010b80"):
        burn(plain, [(0, 1, "a \U00010b80")], "en", tmp_path / "burnt.mp4")  # Psalter Pahlavi, out of use since 600
    assert list(tmp_path.iterdir()) == [plain]


def test_a_symbol_that_no_font_has_is_left_out() -> None:
    found = fonts.Fonts("en").fitting("Hello \U0001fae9 there")
    assert found.text in ("Hello  there", "Hello \U0001fae9 there")  # some machine may have it


def test_fonts_are_found_without_fontconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = fonts.Fonts("en").fitting("Hello").face.path
    shutil.copy(here, tmp_path)
    monkeypatch.setattr(fonts.shutil, "which", lambda _: None)
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path),))
    assert fonts.Fonts("en").fitting("Hello").face.path == tmp_path / here.name


def test_a_line_that_the_picture_has_no_room_for_is_told(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4")
    with pytest.raises(VideoError, match="a picture of 320 x 180 has no room for 'wwww"):
        burn(plain, [(0, 1, "w" * 500)], "en", tmp_path / "burnt.mp4")


def test_sound_alone_cannot_be_burnt_into(tmp_path: Path) -> None:
    plain = encoded(tmp_path / "plain.mka", "aac", 44_100, 1)
    for name in ("burnt.mkv", "burnt.mka"):
        with pytest.raises(NoPicture, match="no moving picture"):
            burn(plain, CAPTIONS, "en", tmp_path / name)
    with pytest.raises(VideoError, match="holds no picture"):
        burn(video(tmp_path / "plain.mp4"), CAPTIONS, "en", tmp_path / "burnt.m4a")


def test_a_video_without_sound_is_burnt(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4", sound=False)
    burn(plain, CAPTIONS, "en", tmp_path / "burnt.mp4")
    assert luma(tmp_path / "burnt.mp4").keys() == luma(plain).keys()


def test_hostile_text_is_drawn_as_text(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4")
    burn(
        plain,
        [(0, 1, "\x00<b>{\\an8}\n\n\r\u2028x %s"), (1, 0.5, "backwards"), (1, 2, " \n ")],
        "en",
        tmp_path / "b.mp4",
    )
    assert luma(tmp_path / "b.mp4")[0.5][100:].max() > 200


@pytest.mark.parametrize("content", [b"", b"ffconcat version 1.0\nfile /etc/hostname\n", b"\0" * 5000])
def test_a_hostile_file_is_refused_and_nothing_is_left(tmp_path: Path, content: bytes) -> None:
    plain = tmp_path / "plain.mp4"
    plain.write_bytes(content)
    with pytest.raises(AudioError):
        burn(plain, CAPTIONS, "en", tmp_path / "burnt.mp4")
    assert list(tmp_path.iterdir()) == [plain]


def test_a_damaged_picture_is_burnt_as_far_as_it_can_be_decoded(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mkv")
    content = bytearray(plain.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    plain.write_bytes(content)
    burn(plain, CAPTIONS, "en", tmp_path / "burnt.mkv")
    assert len(luma(tmp_path / "burnt.mkv")) == len(luma(plain)) < 30


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4")

    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        burn(plain, CAPTIONS, "en", tmp_path / "burnt.mp4", stop)
    assert list(tmp_path.iterdir()) == [plain]


def test_the_letters_have_no_colour_of_the_picture_below_them(tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    with av.open(plain, "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((360, 640, 3), (200, 20, 20), np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    burn(plain, [(0, 1, "WWWWWWWW")], "en", tmp_path / "burnt.mp4")
    with av.open(tmp_path / "burnt.mp4") as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int).reshape(-1, 3)
    letters = pixels[pixels.min(axis=1) > 190]
    assert len(letters) > 50
    assert np.median(np.ptp(letters, axis=1)) < 25
