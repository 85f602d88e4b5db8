"""`assistant gallery`: what was drawn, and where a file comes from."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from drawing_commands import Drawing, drawing
from PIL import Image

__all__ = ["drawing"]


def test_the_list_shows_each_picture_under_the_one_it_was_made_from(drawing: Drawing) -> None:
    first = drawing.drawn("a red apple", "--seed", "1")
    second = drawing.drawn("--image", first["id"], "--edit", "make it green", "--seed", "2")
    drawing.drawn("a dog", "--seed", "3")
    lines = drawing.list().out.splitlines()
    assert lines[0] == str(drawing.gallery.folder)
    assert lines[1] == f"├── {first['id']}.png"
    assert lines[2] == "│   draw: a red apple"
    assert lines[4] == f"│   └── {second['id']}.png"
    assert lines[5] == "│       edit: a green apple"
    assert lines[8].startswith("    draw: a dog")
    told = json.loads(drawing.list("--json").out)
    assert told["folder"] == str(drawing.gallery.folder)
    assert [each["id"] for each in told["pictures"]][:2] == [first["id"], second["id"]]
    assert told["pictures"][1]["asked"] == "make it green"


def test_an_evening_of_changes_is_listed(drawing: Drawing) -> None:
    name = drawing.drawn("a red apple")["id"]
    for _ in range(12):
        name = drawing.drawn("a pear", "--image", name)["id"]
    assert drawing.list().out.count("a pear") == 12


def test_an_empty_gallery_says_how_to_begin(drawing: Drawing) -> None:
    done = drawing.list()
    assert (done.code, done.err) == (0, "")
    assert "has no pictures yet; make one with: assistant draw" in done.out
    assert json.loads(drawing.list("--json").out)["pictures"] == []
    assert not drawing.gallery.folder.exists()


def test_a_file_is_asked_where_it_comes_from(drawing: Drawing) -> None:
    first = Path(drawing.drawn("a red apple", "--set", "image.options.size=256")["path"])
    photo = drawing.folder / "photo.jpg"
    Image.open(first).save(photo, quality=75)
    (told, lossy) = json.loads(drawing.list("--check", first, photo, "--json").out)["files"]
    assert (told["signature"], told["is_marked"]) == ("valid", True)
    assert told["texts"]["Description"] == "a red apple"
    assert (lossy["signature"], lossy["is_marked"], lossy["texts"]) == ("none", True, {})
    first.write_bytes(_sealed(first.read_bytes().replace(b"Licence\0Apache", b"Licence\0Public")))
    done = drawing.list("--check", first)
    assert done.code == 1
    assert "  signed, but CHANGED since\n" in done.out
    assert "  has the invisible mark of what was drawn here\n" in done.out


def _sealed(png: bytes) -> bytes:
    """With the checksums that its chunks should have: to other programs it is as good as new."""
    sealed, place = png[:8], 8
    while place < len(png):
        end = place + 8 + int.from_bytes(png[place : place + 4], "big")
        sealed += png[place:end] + zlib.crc32(png[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return sealed
