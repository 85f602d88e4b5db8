"""The sources with a network behind them: package index, web addresses and model hub, each served on this machine."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from weights_server import WebServer, make_wheel, make_zip, serving, sha256

from models.errors import DownloadFailed
from models.weights import source_web, source_wheel
from models.weights.catalogue import Wheel

LARGE = random.Random(0).randbytes(3_000_000)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def test_the_bytes_of_a_wheel_are_counted_while_they_arrive(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path, "large-weights", {"large_weights/model.bin": LARGE})
    server.add_to_index("large-weights", wheel)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.address}/simple")
    folder, counts = tmp_path / "fetched", list[int]()
    folder.mkdir()
    pinned = Wheel("large-weights==1.0", sha256(wheel.read_bytes()), {"large_weights/model.bin": "model.bin"})
    source_wheel.fetch([pinned], folder, counts.append)
    assert (folder / "model.bin").read_bytes() == LARGE
    assert counts == sorted(counts)
    assert len(counts) > 1
    assert counts[-1] == wheel.stat().st_size
    assert [path.name for path in folder.iterdir()] == ["model.bin"]


def test_a_broken_connection_is_resumed_where_it_broke(server: WebServer, tmp_path: Path) -> None:
    server.pages["/model.pt"] = LARGE
    server.break_off.add("/model.pt")
    counts: list[int] = []
    source_web.fetch({"model.pt": f"{server.address}/model.pt"}, tmp_path, counts.append)
    assert (tmp_path / "model.pt").read_bytes() == LARGE
    assert counts[-1] == len(LARGE)
    assert server.asked == [("/model.pt", ""), ("/model.pt", f"bytes={len(LARGE) // 2}-")]


def test_a_refused_address_is_not_asked_again(server: WebServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="answers 404"):
        source_web.fetch({"model.pt": f"{server.address}/gone.pt"}, tmp_path, lambda n_bytes: None)
    assert len(server.asked) == 1


def test_a_server_out_of_reach_is_said(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="check the network"):
        source_web.fetch({"model.pt": "http://127.0.0.1:9/model.pt"}, tmp_path, lambda n_bytes: None)


def test_a_secure_address_that_leads_to_an_insecure_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "safe.example":
            return httpx.Response(302, headers={"Location": "http://elsewhere.example/model.pt"})
        return httpx.Response(200, stream=httpx.ByteStream(LARGE))

    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(answer)))
    source_web.download("http://elsewhere.example/model.pt", tmp_path / "model.pt", lambda n_bytes: None)
    with pytest.raises(DownloadFailed, match="leads to the insecure address http://elsewhere"):
        source_web.download("https://safe.example/model.pt", tmp_path / "other.pt", lambda n_bytes: None)
    assert (tmp_path / "other.pt").read_bytes() == b""


def test_an_archive_is_unpacked_without_its_folders(server: WebServer, tmp_path: Path) -> None:
    server.pages["/voice.zip"] = make_zip({"a-voice/model_file.pth": LARGE, "a-voice/config.json": b"{}"})
    source_web.fetch_archive(f"{server.address}/voice.zip", tmp_path, lambda n_bytes: None)
    assert {path.name for path in tmp_path.iterdir()} == {"model_file.pth", "config.json"}
    assert (tmp_path / "model_file.pth").read_bytes() == LARGE


@pytest.mark.parametrize("member", ["../evil", "/etc/evil", "a/../../evil", "..\\evil"])
def test_an_archive_that_points_outside_is_refused(server: WebServer, tmp_path: Path, member: str) -> None:
    server.pages["/voice.zip"] = make_zip({member: b"x"})
    folder = tmp_path / "fetched"
    folder.mkdir()
    with pytest.raises(DownloadFailed, match="unsafe path"):
        source_web.fetch_archive(f"{server.address}/voice.zip", folder, lambda n_bytes: None)
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


def test_an_archive_that_blows_up_is_refused(server: WebServer, tmp_path: Path) -> None:
    server.pages["/voice.zip"] = make_zip({"config.json": bytes(1_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(DownloadFailed, match="times its size"):
        source_web.fetch_archive(f"{server.address}/voice.zip", tmp_path, lambda n_bytes: None)


def test_an_archive_with_a_password_is_refused(server: WebServer, tmp_path: Path) -> None:
    archive = bytearray(make_zip({"config.json": b"{}"}))
    archive[6] |= 1  # "encrypted", in the entry itself and in the directory
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    server.pages["/voice.zip"] = bytes(archive)
    with pytest.raises(DownloadFailed, match=r"not a usable ZIP file.*encrypted"):
        source_web.fetch_archive(f"{server.address}/voice.zip", tmp_path, lambda n_bytes: None)


def test_a_page_instead_of_an_archive_is_refused(server: WebServer, tmp_path: Path) -> None:
    server.pages["/voice.zip"] = b"<html>sign in first</html>"
    with pytest.raises(DownloadFailed, match="not a usable ZIP file"):
        source_web.fetch_archive(f"{server.address}/voice.zip", tmp_path, lambda n_bytes: None)


_FROM_HUB = """
import sys
from pathlib import Path
from models.weights import source_hub
from models.weights.catalogue import Hub
from models.errors import StoreError

counts = []
try:
    source_hub.fetch(Hub(sys.argv[1]), Path(sys.argv[2]), counts.append)
except StoreError as error:
    print(f"{type(error).__name__}: {error}")
else:
    print(counts[-1])
"""


def fetch_from_hub(address: str, repository: str, folder: Path) -> str:
    """In a process of its own: huggingface_hub reads HF_ENDPOINT when it is imported."""
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(folder / ".hf"), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", _FROM_HUB, repository, str(folder / "fetched")]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.strip()


def test_only_the_wanted_files_of_a_hub_repository_are_fetched(server: WebServer, tmp_path: Path) -> None:
    files = {"config.json": b"{}", "model.safetensors": LARGE, "pytorch_model.bin": LARGE, "README.md": b"hello"}
    files |= {"onnx/config.json": b"{}", "evaluation/scores.json": b"{}"}
    server.add_hub_repository("someone/model", files)
    assert fetch_from_hub(server.address, "someone/model", tmp_path) == str(len(LARGE) + 2)
    assert {path.name for path in (tmp_path / "fetched").iterdir()} == {"config.json", "model.safetensors"}
    assert (tmp_path / "fetched" / "model.safetensors").read_bytes() == LARGE


def test_a_hub_file_that_is_not_what_the_hub_says_is_refused(server: WebServer, tmp_path: Path) -> None:
    server.add_hub_repository("someone/model", {"model.safetensors": LARGE})
    path = next(path for path in server.pages if path.endswith("model.safetensors"))
    server.pages[path] = bytes(len(LARGE))
    said = fetch_from_hub(server.address, "someone/model", tmp_path)
    assert said.startswith(f"ChecksumMismatch: model.safetensors: sha256 {sha256(bytes(len(LARGE)))} arrived")


def test_a_hub_repository_that_does_not_exist_is_said_in_one_line(server: WebServer, tmp_path: Path) -> None:
    said = fetch_from_hub(server.address, "someone/nothing", tmp_path)
    assert said.startswith("DownloadFailed: someone/nothing (main) could not be fetched: ")
    assert "\n" not in said


def test_a_hub_out_of_reach_is_said(tmp_path: Path) -> None:
    said = fetch_from_hub("http://127.0.0.1:9", "someone/model", tmp_path)
    assert said == (
        "DownloadFailed: someone/model (main) could not be fetched: the hub is out of reach; check the network"
    )
