"""The image model that comes with the project: the store hands it out as it is, without fetching anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import cli
from models.errors import ModelMissing
from models.weights import sources
from models.weights.catalogue import CatalogueEntry
from models.weights.store import Store

_LARGEST_BYTES = 25_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", offline=True)


def test_a_fresh_machine_has_it_without_a_network_and_nothing_is_written(store: Store) -> None:
    assert store.is_ready("tiny-sd")
    assert store.pull("tiny-sd") == store.folder("tiny-sd")
    assert (store.folder("tiny-sd") / "model_index.json").is_file()
    assert not store.root.exists()


def test_its_files_are_those_of_the_catalogue_and_small(store: Store) -> None:
    folder, entry = store.folder("tiny-sd"), store.entry("tiny-sd")
    sources.verify(entry, folder)
    weights = {path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors")}
    assert len(weights) == 3
    assert weights <= set(entry.sha256)
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= _LARGEST_BYTES


def test_an_installation_that_lost_files_of_it_says_so(store: Store) -> None:
    lost = CatalogueEntry("lost", "image", "diffusers", "", ("en",), "MIT", 1, bundled="image", sha256={"x": "0" * 64})
    store.catalogue = {**store.catalogue, "lost": lost}
    assert not store.is_ready("lost")
    for get in (store.folder, store.pull):
        with pytest.raises(ModelMissing, match=r"comes with this project.*install the project again"):
            get("lost")


def test_the_command_shows_where_it_is_and_that_nothing_is_fetched(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_STORE", str(store.root))
    assert cli.main(["models", "show", "tiny-sd"]) == 0
    shown = capsys.readouterr().out
    for part in ("Apache-2.0", "comes with this project", str(store.folder("tiny-sd"))):
        assert part in shown
    assert "download" not in shown
    assert cli.main(["models", "pull", "tiny-sd"]) == 0
    assert capsys.readouterr().out == f"tiny-sd: {store.folder('tiny-sd')}\n"
