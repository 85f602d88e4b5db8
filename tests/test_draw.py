"""`assistant draw`: words in, pictures out, and what goes wrong in one line."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from drawing_commands import Drawing, drawing
from drawings import scene
from PIL import Image

from assistant.pictures.signature import check

LARGE = ("--set", "image.options.size=256")
__all__ = ["drawing"]


def test_a_picture_is_drawn_kept_and_copied_with_its_licence_shown(drawing: Drawing) -> None:
    output = drawing.folder / "apple.png"
    done = drawing.draw("a red apple", "--seed", "3", "--output", output)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{output}\n  a red apple · seed 3 · 10 steps · scripted, licence Apache-2.0\n"
    (entry,) = drawing.gallery.entries()
    assert output.read_bytes() == entry.path.read_bytes()
    assert check(output) == "valid"
    assert sorted(path.name for path in drawing.folder.iterdir()) == ["apple.png", "gallery"]


def test_the_same_seed_gives_the_same_picture_and_none_gives_another_each_time(drawing: Drawing) -> None:
    again = [drawing.pixels(drawing.drawn("a cat", "--seed", "7")) for _ in range(2)]
    by_lot = [drawing.drawn("a cat")["seed"] for _ in range(2)]
    assert np.array_equal(*again)
    assert by_lot[0] != by_lot[1]


def test_json_tells_all_and_nothing_else(drawing: Drawing) -> None:
    output = drawing.folder / "two.png"
    done = drawing.draw("a cat", "--json", "--count", "2", "--seed", "5", "--steps", "4", "--negative", "dogs",
                        "--output", output)  # fmt: skip
    told = json.loads(done.out)
    assert (done.err, told["notes"]) == ("", [])
    one, two = told["pictures"]
    assert (one["seed"], two["seed"], one["steps"], one["negative_prompt"]) == (5, 6, 4, "dogs")
    assert (one["kind"], one["prompt"], one["asked"], one["parent"]) == ("draw", "a cat", "a cat", None)
    assert (one["model"], one["licence"]) == ("scripted", "Apache-2.0")
    assert [Path(each["output"]).name for each in (one, two)] == ["two-1.png", "two-2.png"]
    assert all(Path(each[key]).is_file() for each in (one, two) for key in ("path", "output"))


@pytest.mark.parametrize(
    "prompt", ["a person", "a doctor with two nurses", "un médico", "🙂", "a " + "very " * 1999 + "old man"]
)
def test_nobody_adds_a_word_to_what_was_asked(drawing: Drawing, prompt: str) -> None:
    told = drawing.drawn(prompt)
    assert (told["prompt"], told["asked"]) == (prompt, prompt)
    assert drawing.gallery.entry(told["id"]).origin.prompt == prompt


def test_controls_in_a_prompt_reach_no_terminal(drawing: Drawing) -> None:
    done = drawing.draw("a \x1b[31mred\x07 apple\ud800 \u202egnp")
    assert done.code == 0
    assert "a  [31mred  apple" in done.out or "a [31mred apple" in done.out
    assert not set("\x1b\u202e") & set(done.out + drawing.list().out)


def test_a_long_prompt_is_shown_on_a_line_and_kept_whole(drawing: Drawing) -> None:
    prompt = "a " + "very " * 1999 + "old man"
    shown = drawing.draw(prompt).out + drawing.list().out
    assert max(map(len, shown.splitlines())) < 300
    assert "a very very" in shown
    assert drawing.gallery.entries()[0].origin.prompt == prompt


def test_what_the_model_has_to_say_is_said_once(drawing: Drawing) -> None:
    note = "This is only a sketch."
    done = drawing.draw("a cat", "--count", "3", "--set", f'image.options.notes=["{note}"]')
    assert done.err == f"{note}\n"
    assert len(drawing.gallery.entries()) == 3


def test_what_the_safety_checker_keeps_back_is_not_kept_and_told_kindly(drawing: Drawing) -> None:
    done = drawing.draw("a cat", "--set", "image.options.withhold_on=[1]")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("The model's safety checker kept a picture back")
    assert done.err.count("\n") == 1
    assert drawing.gallery.entries() == []


def test_outside_a_mask_not_one_pixel_changes(drawing: Drawing) -> None:
    first = drawing.drawn("a house", *LARGE)
    mask = np.zeros((256, 256), np.uint8)
    mask[40:120, 60:200] = 255
    Image.fromarray(mask).save(drawing.folder / "mask.png")
    second = drawing.drawn("a door", "--image", first["id"], "--mask", drawing.folder / "mask.png")
    before, after = drawing.pixels(first), drawing.pixels(second)
    assert np.array_equal(before[mask == 0], after[mask == 0])
    assert (before[mask == 255] != after[mask == 255]).any()
    assert (second["kind"], second["parent"], second["prompt"]) == ("edit", first["id"], "a house with a door")


@pytest.mark.parametrize(
    ("arguments", "kind", "size"),
    [
        (["a cat"], "edit", (64, 64)),
        (["a cat", "--region", "the boat"], "edit", (64, 64)),
        (["--edit", "make it night"], "edit", (64, 64)),
        (["a beach", "--extend", "left"], "extend", (96, 64)),
        (["--extend", "left"], "extend", (96, 64)),
        (["a beach", "--extend", "top", "--by", "16"], "extend", (64, 80)),
        (["--enlarge"], "bigger", (128, 128)),
    ],
)
def test_a_picture_of_the_gallery_is_changed(
    drawing: Drawing, arguments: list[str], kind: str, size: tuple[int, int]
) -> None:
    first = drawing.drawn("a red apple")
    second = drawing.drawn(*arguments, "--image", first["id"])
    assert (second["kind"], second["parent"]) == (kind, first["id"])
    with Image.open(second["path"]) as image:
        assert image.size == size
    assert drawing.gallery.children(first["id"]) == [drawing.gallery.entry(second["id"])]


def test_the_file_of_a_picture_is_as_good_as_its_name(drawing: Drawing) -> None:
    first = drawing.drawn("a red apple")
    assert drawing.drawn("a pear", "--image", first["path"])["parent"] == first["id"]


def test_a_picture_from_outside_is_changed_and_named(drawing: Drawing) -> None:
    Image.fromarray(scene(80, 64).pixels).save(drawing.folder / "photo.jpg")
    told = drawing.drawn("the sea", "--image", drawing.folder / "photo.jpg", "--extend", "right", "--by", "32")
    assert told["parent"] == "photo.jpg"
    with Image.open(drawing.folder / "photo.jpg") as photo:
        assert np.array_equal(drawing.pixels(told)[:, :80], np.array(photo))


def test_a_file_that_says_what_it_shows_still_says_so_when_it_is_larger(drawing: Drawing) -> None:
    copy = drawing.folder / "copy.png"
    drawing.draw("a red apple", "--output", copy)
    assert drawing.drawn("--enlarge", "--image", copy)["prompt"] == "a red apple"


def test_an_enlarged_picture_still_shows_the_same(drawing: Drawing) -> None:
    first = drawing.drawn("a red apple")
    assert drawing.drawn("--enlarge", "--image", first["id"])["prompt"] == "a red apple"


def test_a_film_is_made_in_the_format_of_its_name(drawing: Drawing) -> None:
    walk = ("a cat", "--animate", "a dog", "--frames", "5")
    assert drawing.draw(*walk, "--output", drawing.folder / "a.gif").code == 0
    assert drawing.draw(*walk, "--output", drawing.folder / "a.mp4").code == 0
    with Image.open(drawing.folder / "a.gif") as gif:
        assert (gif.n_frames, gif.size) == (5, (64, 64))
    with av.open(drawing.folder / "a.mp4") as mp4:
        assert len(list(mp4.decode(video=0))) == 5
    assert [entry.path.suffix for entry in drawing.gallery.entries()] == [".gif", ".mp4"]
    assert Path(drawing.drawn("a cat", "--animate", "--frames", "3")["path"]).suffix == ".mp4"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say what to draw"),
        (["\x07"], "say what to draw"),
        (["a cat", "--mask", "m.png"], "--mask changes a picture: name it with --image"),
        (["--enlarge"], "--enlarge changes a picture"),
        (["a cat", "--image", "a", "--mask", "m", "--extend", "left"], "--mask and --extend do not go together"),
        (["a cat", "--image", "a", "--animate"], "leave out --image"),
        (["a cat", "--animate", "--count", "2"], "leave out --count"),
        (["a cat", "--animate", "--frames", "1"], "--frames 1 is not in [2, 240]"),
        (["a cat", "--strength", "0"], "--strength 0.0 is not in (0, 1]"),
        (["a cat", "--by", "-8"], "--by -8 is not in [0, 4096]"),
        (["a cat", "--count", "17"], "count = 17 is out of range"),
        (["a cat", "--seed", "-1"], "seed = -1 is out of range"),
        (["a cat", "--output", "a.jpg"], "pictures are written as .png"),
        (["a cat", "--animate", "--output", "a.png"], "an animation is written as .mp4 or .gif"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_loaded(drawing: Drawing, arguments: list[str], says: str) -> None:
    done = drawing.draw(*arguments)
    assert (done.code, done.out) == (2, "")
    assert says in " ".join(done.err.split())


def test_words_that_are_no_change_are_not_guessed_at(drawing: Drawing) -> None:
    first = drawing.drawn("a red apple")
    done = drawing.draw("--image", first["id"], "--edit", "what time does the picture start")
    assert done.code == 2
    assert "is not understood as a change" in " ".join(done.err.split())
    assert len(drawing.gallery.entries()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--image", "missing.png"], "missing.png: no such file"),
        (["--set", "image.options.fail_on=[1]"], "the script"),
        (["--set", 'image.options.unknown_words=["cat"]'], "knows nothing of cat"),
        (["--set", "image.options.out_of_memory_on=[1]"], "memory runs out"),
        (["--set", "image.engine=scripd"], 'there is no image engine "scripd"; did you mean "scripted"?'),
        (["--output", "missing/a.png"], "is not a folder that you may write to"),
    ],
)
def test_what_goes_wrong_is_one_line_and_leaves_nothing_behind(
    drawing: Drawing, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(drawing.folder)
    done = drawing.draw("a cat", *arguments)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("assistant draw: ")
    assert says in done.err
    assert done.err.count("\n") == 1
    assert list(drawing.folder.iterdir()) == []


def test_a_picture_is_not_written_over_what_it_is_made_from(drawing: Drawing) -> None:
    photo = drawing.folder / "photo.png"
    Image.fromarray(scene(64, 64).pixels).save(photo)
    before = photo.read_bytes()
    done = drawing.draw("a cat", "--image", photo, "--output", photo)
    assert (done.code, "give --output another name" in done.err) == (1, True)
    assert photo.read_bytes() == before
