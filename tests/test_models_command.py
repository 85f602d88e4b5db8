"""`assistant models`: what people see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from weights_server import serving, sha256

from assistant import cli
from assistant.config import _folder
from models.weights.catalogue import load

OWN = """
[tiny-weights]
stage = "stt"
engine = "whisper"
description = "For a test"
languages = ["de", "en", "fr", "it"]
licence = "Some RAIL"
restrictions = "Not for spying."
size_bytes = {size}
urls = {{ "model.pt" = "{url}" }}
sha256 = {{ "model.pt" = "{sha256}" }}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSISTANT_STORE", str(tmp_path))
    return tmp_path


def add_own_entry(root: Path, url: str = "http://127.0.0.1:9/model.pt", content: bytes = b"weights") -> None:
    text = OWN.format(url=url, sha256=sha256(content), size=len(content))
    (root / "catalogue.toml").write_text(text)


def test_the_list_shows_every_model_with_its_licence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines[1:] if line.strip()}
    assert set(load()) < set(rows)
    assert "MIT" in rows["whisper-base"]
    assert "BigScience RAIL 1.0 *" in rows["bigscience/bloom-560m"]


def test_the_list_can_be_cut_to_a_stage_and_read_by_programs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "list", "--stage", "tts", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["stage"] for row in rows} == {"tts"}
    assert {row["name"] for row in rows} >= {"piper-joe", "tts_models/en/vctk/vits"}
    assert not any(row["ready"] for row in rows)


def test_show_says_what_the_licence_restricts(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_own_entry(root)
    assert cli.main(["models", "show", "tiny-weights"]) == 0
    shown = capsys.readouterr().out
    for part in ("Some RAIL", "Not for spying.", "de, en, fr, it", sha256(b"weights"), "not yet"):
        assert part in shown


def test_show_says_when_no_engine_can_use_the_weights(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_own_entry(root)
    own = root / "catalogue.toml"
    own.write_text(own.read_text().replace('engine = "whisper"', 'engine = "telepathy"'))
    assert cli.main(["models", "show", "tiny-weights"]) == 0
    assert "has no such engine yet" in capsys.readouterr().out


def test_pull_shows_licence_and_steps_and_then_the_folder(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        server.pages["/model.pt"] = b"weights"
        add_own_entry(root, f"{server.address}/model.pt")
        assert cli.main(["models", "pull", "tiny-weights"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"tiny-weights: {root / 'tiny-weights'}\n"
    said = captured.err.splitlines()
    assert "Some RAIL" in said[0]
    assert said[1].strip() == "Not for spying."
    assert [line.strip() for line in said[-2:]] == ["verifying", "converting"]
    assert (root / "tiny-weights" / "model.pt").read_bytes() == b"weights"


def test_a_model_that_is_here_is_pulled_in_silence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        server.pages["/model.pt"] = b"weights"
        add_own_entry(root, f"{server.address}/model.pt")
        cli.main(["models", "pull", "tiny-weights"])
    capsys.readouterr()
    assert cli.main(["models", "pull", "tiny-weights", "--offline"]) == 0
    assert capsys.readouterr().err == ""


def test_all_models_of_a_profile_are_pulled_by_its_name(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (_folder() / "scripted.toml").read_text("utf-8")
    profile = tmp_path / "mine.toml"
    profile.write_text(text.replace("[image]", '[image]\noptions = { regions = { folder = "tiny-weights" } }'))
    with serving() as server:
        server.pages["/model.pt"] = b"weights"
        add_own_entry(root, f"{server.address}/model.pt")
        assert cli.main(["models", "pull", "--profile", str(profile)]) == 0
    assert capsys.readouterr().out == f"tiny-weights: {root / 'tiny-weights'}\n"


def test_pulling_nothing_is_wrong_usage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["models", "pull"])
    assert "give the NAME of a model, or a --profile" in capsys.readouterr().err


def test_pulling_a_damaged_model_says_so_and_mends_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        server.pages["/model.pt"] = b"weights"
        add_own_entry(root, f"{server.address}/model.pt")
        cli.main(["models", "pull", "tiny-weights"])
        (root / "tiny-weights" / "model.pt").write_bytes(b"wei\0hts")
        capsys.readouterr()
        assert cli.main(["models", "pull", "tiny-weights"]) == 0
    assert capsys.readouterr().err.startswith("tiny-weights: a file of it is damaged\n")
    assert (root / "tiny-weights" / "model.pt").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pull", "whisper-bass"], 'did you mean "whisper-base"?'),
        (["pull", "whisper-base", "whisper-bass"], 'there is no model "whisper-bass"'),
        (["show", "whisper-bass"], 'did you mean "whisper-base"?'),
        (["pull", "whisper-base", "--offline"], "--offline forbids fetching it"),
        (["pull", "tiny-weights"], "check the network"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_one(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    add_own_entry(root)
    assert cli.main(["models", *arguments]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("assistant models: ")
    assert says in last
    assert not list(root.glob("*/manifest.json"))
