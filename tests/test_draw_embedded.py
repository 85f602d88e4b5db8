"""`assistant draw` with the model that comes with the project: no network, no account, real weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run_here

from assistant.pictures.gallery import Gallery
from assistant.pictures.signature import check
from assistant.pictures.watermark import SMALLEST, find
from models.image.file import read_picture
from models.weights.store import Store


def drawn(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    done = run_here(capsys, "draw", "--offline", "--json", "--steps", "10", *arguments)
    assert done.code == 0, done.err
    told: dict[str, Any] = json.loads(done.out)
    return told


def test_a_fresh_machine_draws_a_signed_and_marked_picture_and_makes_it_wider(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_STORE", str(tmp_path / "store"))
    gallery = ("--gallery", tmp_path / "gallery")
    told = drawn(capsys, "a rocket on a rainy day", "--seed", "4", "--output", tmp_path / "rocket.png", *gallery)
    (rocket,) = told["pictures"]
    assert (rocket["prompt"], rocket["asked"]) == ("a rocket", "a rocket on a rainy day")
    assert rocket["licence"] == Store().entry("tiny-sd").licence
    assert any("built-in model" in note for note in told["notes"])
    picture = read_picture(tmp_path / "rocket.png")
    assert min(picture.width, picture.height) >= SMALLEST
    assert check(tmp_path / "rocket.png") == "valid"
    assert find(picture).is_there

    wider = drawn(capsys, "a rocket", "--image", rocket["id"], "--extend", "left", *gallery)["pictures"][0]
    extended = Gallery(tmp_path / "gallery").picture(wider["id"])
    assert extended.width > picture.width
    assert np.array_equal(extended.pixels[:, -picture.width :], picture.pixels)
    assert check(Path(wider["path"])) == "valid"


def test_a_thing_is_added_beside_another_and_taken_away_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_STORE", str(tmp_path / "store"))
    gallery = ("--gallery", tmp_path / "gallery")
    (house,) = drawn(capsys, "a house", "--seed", "3", *gallery)["pictures"]
    (both,) = drawn(capsys, "--image", house["id"], "--edit", "add a boat", "--seed", "3", *gallery)["pictures"]
    (alone,) = drawn(capsys, "--image", both["id"], "--edit", "remove the boat", *gallery)["pictures"]
    assert [picture["prompt"] for picture in (house, both, alone)] == ["a house", "a house with a boat", "a house"]
    old, wide, new = (Gallery(tmp_path / "gallery").picture(picture["id"]) for picture in (house, both, alone))
    assert wide.width == 2 * old.width
    assert np.array_equal(wide.pixels[:, : old.width], old.pixels)
    assert np.array_equal(new.pixels[:, : old.width], old.pixels)
    changed = (new.pixels != wide.pixels).any(axis=(0, 2))
    assert changed.any()
    assert not changed[: old.width].any()
