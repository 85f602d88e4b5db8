"""The gallery: nothing is lost, overwritten or half-written, whoever else uses the folder; edits are a tree."""

from __future__ import annotations

import errno
import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import CHECKOUT, DEADLINE_S
from drawings import origin, scene, work
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.errors import GalleryError, GalleryFull, NotInGallery
from assistant.pictures import whole_file
from assistant.pictures.gallery import Gallery
from assistant.pictures.signature import check
from assistant.pictures.watermark import find
from assistant.pictures.work import Work
from models.errors import PictureError
from models.pictures import Picture


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "gallery", tmp_path / "signing")


def test_a_picture_comes_back_as_it_was(gallery: Gallery) -> None:
    picture = scene(64, 64)
    entry = gallery.add(work(picture))
    assert np.array_equal(gallery.picture(entry.id).pixels, picture.pixels)
    assert gallery.entries() == [gallery.entry(entry.id)] == [entry]


def test_edits_are_a_tree_and_undo_finds_the_exact_file(gallery: Gallery) -> None:
    first = gallery.add(work(scene()))
    before = first.path.read_bytes()
    night = gallery.add(work(scene(seed=2), kind="edit", parent=first.id))
    wide = gallery.add(work(scene(384, 256, 3), kind="extend", parent=night.id))
    other = gallery.add(work(scene(seed=4), kind="vary", parent=first.id))
    assert gallery.children(first.id) == [night, other]
    assert gallery.children(night.id) == [wide]
    assert gallery.children(wide.id) == []
    undone = gallery.entry(gallery.entry(night.id).origin.parent)
    assert undone == first
    assert undone.path.read_bytes() == before


def test_outside_the_mask_the_file_of_an_edit_has_the_pixels_of_its_parent(gallery: Gallery) -> None:
    parent = gallery.add(work(scene()))
    kept = gallery.picture(parent.id)
    inside = np.zeros((256, 256), np.bool_)
    inside[90:170, 60:220] = True
    drawn = Picture(np.where(inside[..., None], scene(seed=2).pixels, kept.pixels))
    child = gallery.picture(gallery.add(work(drawn, kind="edit", parent=parent.id)).id)
    assert np.array_equal(child.pixels[~inside], kept.pixels[~inside])
    assert not np.array_equal(child.pixels[inside], drawn.pixels[inside])  # what is new has the mark
    assert find(child).is_there


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_an_extended_picture_keeps_its_old_area_and_the_mark_in_both_parts(gallery: Gallery, side: str) -> None:
    parent = gallery.add(work(scene()))
    kept, new = gallery.picture(parent.id).pixels, scene(seed=2).pixels
    order = (new, kept) if side in ("left", "top") else (kept, new)
    drawn = Picture(np.concatenate(order, axis=1 if side in ("left", "right") else 0))
    child = gallery.picture(gallery.add(work(drawn, kind="extend", parent=parent.id)).id).pixels
    halves = np.array_split(child, 2, axis=1 if side in ("left", "right") else 0)
    old_half, new_half = reversed(halves) if side in ("left", "top") else halves
    assert np.array_equal(old_half, kept)
    assert find(Picture(new_half)).is_there


def test_a_gallery_is_known_again_from_its_files_alone(gallery: Gallery, tmp_path: Path) -> None:
    first = gallery.add(work(prompt="ein Leuchtturm – 灯台"))
    gallery.add(Work((scene(64, 64), scene(64, 64, 2)), origin("animate", parent=first.id), suffix=".gif"))
    gallery.folder.rename(tmp_path / "moved")
    moved = Gallery(tmp_path / "moved", tmp_path / "signing").entries()
    assert [entry.origin.prompt for entry in moved] == ["ein Leuchtturm – 灯台", "a red apple"]
    assert moved[1].origin.parent == moved[0].id == first.id


def test_files_that_are_damaged_or_of_others_do_not_break_the_list(gallery: Gallery) -> None:
    good = gallery.add(work())
    whole = good.path.read_bytes()
    strangers: dict[str, bytes] = {
        "cut.png": whole[:60],
        "empty.png": b"",
        "text.png": b"no picture",
        "noise.mp4": os.urandom(5000),
        "noise.gif": b"GIF89a" + os.urandom(500),
        "notes.txt": b"mine",
        "bomb.png": _png((b"zTXt", b"Description\0\0" + zlib.compress(bytes(50_000_000)))),
        "huge.png": _png(size=(2**31 - 1, 2**31 - 1)),
        "large.png": _png(size=(10_000, 10_000)),
    }
    for name, content in strangers.items():
        (gallery.folder / name).write_bytes(content)
    (gallery.folder / "folder.png").mkdir()
    (gallery.folder / "UPPER case.png").write_bytes(whole)
    Image.new("RGB", (8, 8)).save(gallery.folder / "foreign.png")
    Image.new("RGB", (8, 8)).save(gallery.folder / "foreign.gif", comment=b"[" * 100_000)
    assert gallery.entries() == [good]
    with pytest.raises(PictureError, match=r"foreign\.png is not a picture of this program"):
        gallery.entry("foreign")


def _png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (8, 8)) -> bytes:
    header = (b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    parts = [header, *chunks, (b"IDAT", zlib.compress(bytes(200))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in parts
    )


def test_a_picture_that_could_not_be_read_again_is_not_kept(gallery: Gallery) -> None:
    with pytest.raises(PictureError, match="too large to be kept"):
        gallery.add(work(Picture(np.zeros((1, 8193, 3), np.uint8))))


def test_a_picture_whose_pixels_are_damaged_is_listed_and_cannot_be_shown(gallery: Gallery) -> None:
    entry = gallery.add(work(scene()))
    entry.path.write_bytes(entry.path.read_bytes()[:-40_000])
    assert gallery.entries() == [entry]
    with pytest.raises(PictureError, match="is damaged"):
        gallery.picture(entry.id)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../secret", "a/b", "A", "con.png", "x\0", "-a", "a" * 200, "\x1b[31m"]
)
def test_a_name_never_leads_out_of_the_folder(gallery: Gallery, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(gallery.add(work()).path.read_bytes())
    assert not gallery.has(name)
    with pytest.raises(NotInGallery, match="there is no picture"):
        gallery.entry(name)
    if name:
        with pytest.raises(GalleryError, match="is no name for a picture"):
            gallery.add(Work((scene(64, 64),), origin(), id=name))


@given(st.text())
def test_names_are_safe_on_every_file_system_and_never_twice_the_same(prompt: str) -> None:
    gallery = Gallery(Path("nowhere"))
    names = {gallery.new_id(prompt) for _ in range(5)}
    assert len(names) == 5
    assert all(re.fullmatch(r"\d{8}-\d{6}-[a-z0-9-]{1,40}-[0-9a-f]{8}", name) for name in names)


def test_names_tell_what_is_to_be_seen() -> None:
    name = Gallery(Path("nowhere")).new_id("Ein Bär, müde; über Zürich!")
    assert "-ein-bar-mude-uber-zurich-" in name


def test_nothing_is_overwritten(gallery: Gallery) -> None:
    entry = gallery.add(work())
    before = entry.path.read_bytes()
    with pytest.raises(GalleryError, match="nothing is overwritten"):
        gallery.add(Work((scene(64, 64, 2),), origin(), id=entry.id))
    assert entry.path.read_bytes() == before


def test_a_full_disk_leaves_nothing_behind(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    first = gallery.add(work())

    def no_space(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(whole_file.os, "fsync", no_space)
    with pytest.raises(GalleryFull, match=r"no space left in .*make room"):
        gallery.add(work(scene(64, 64, 2)))
    assert list(gallery.folder.iterdir()) == [first.path]


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "gallery").touch()
    with pytest.raises(GalleryError, match="cannot be used"):
        Gallery(tmp_path / "gallery", tmp_path / "signing").add(work())


def test_a_parent_that_was_deleted_is_said(gallery: Gallery) -> None:
    parent = gallery.add(work())
    parent.path.unlink()
    with pytest.raises(NotInGallery, match=parent.id):
        gallery.add(work(kind="edit", parent=parent.id))
    assert gallery.entries() == []


def test_what_a_killed_process_left_is_swept_away_later(gallery: Gallery) -> None:
    gallery.add(work())
    old, fresh = gallery.folder / ".0123.partial", gallery.folder / ".4567.partial"
    for path in (old, fresh):
        path.write_bytes(b"half a picture")
    os.utime(old, (0, 0))
    gallery.add(work())
    assert not old.exists()
    assert fresh.exists()


def test_processes_that_share_a_folder_and_have_no_certificate_yet_lose_nothing(gallery: Gallery) -> None:
    program = (
        "import sys; from pathlib import Path; from drawings import work;"
        "from assistant.pictures.gallery import Gallery;"
        "gallery = Gallery(Path(sys.argv[1]), Path(sys.argv[2]));"
        "[gallery.add(work()) for _ in range(10)]"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "tests")])}
    command: list[Any] = [sys.executable, "-c", program, gallery.folder, gallery.folder.parent / "signing"]
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(DEADLINE_S) for process in running] == [0, 0, 0]
    entries = gallery.entries()
    assert len(entries) == 30
    assert {check(entry.path) for entry in entries} == {"valid"}
    assert len(list(gallery.folder.iterdir())) == 30
