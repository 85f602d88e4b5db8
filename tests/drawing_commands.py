"""The commands `assistant draw` and `assistant gallery`, with a gallery and a folder of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import SCRIPTED, Outcome, run_here

from assistant.pictures.gallery import Gallery


class Drawing:
    """The two commands, with a gallery and a folder of their own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.gallery = Gallery(folder / "gallery")
        self._capsys = capsys

    def draw(self, *arguments: str | Path) -> Outcome:
        return run_here(self._capsys, "draw", *SCRIPTED, "--gallery", self.gallery.folder, *arguments)

    def drawn(self, *arguments: str | Path) -> dict[str, Any]:
        """The first picture of what `--json` prints."""
        done = self.draw("--json", *arguments)
        assert done.code == 0, done.err
        first: dict[str, Any] = json.loads(done.out)["pictures"][0]
        return first

    def list(self, *arguments: str | Path) -> Outcome:
        return run_here(self._capsys, "gallery", "--gallery", self.gallery.folder, *arguments)

    def pixels(self, picture: dict[str, Any]) -> Any:
        return self.gallery.picture(picture["id"]).pixels


@pytest.fixture
def drawing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Drawing:
    return Drawing(tmp_path, capsys)
