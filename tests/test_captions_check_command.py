"""`assistant captions --check`: any caption files, judged by a standard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Outcome, run_here


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The command; it takes files and options."""
    return lambda *arguments: run_here(capsys, "captions", "--check", *arguments)


def test_captions_are_judged_by_a_standard(check: Callable[..., Outcome], tmp_path: Path) -> None:
    good, bad = tmp_path / "good.srt", tmp_path / "bad.srt"
    good.write_text("1\n00:00:01,000 --> 00:00:03,000\nHow are you?\n")
    bad.write_text("1\n00:00:01,000 --> 00:00:03,000\n" + "x" * 50 + "\n")
    assert check(good) == Outcome(0, f"{good}: no violations of netflix\n", "")
    done = check(good, bad, "--json")
    found = json.loads(done.out)
    assert done.code == 1
    assert [len(entry["violations"]) > 0 for entry in found["files"]] == [False, True]
    assert found["files"][1]["violations"][0]["at_s"] == 1.0
    assert "00:01.000" in check(bad).out


def test_a_file_that_cannot_be_judged_keeps_none_of_the_others(check: Callable[..., Outcome], tmp_path: Path) -> None:
    good, missing = tmp_path / "good.srt", tmp_path / "missing.srt"
    good.write_text("1\n00:00:01,000 --> 00:00:03,000\nHow are you?\n")
    done = check(missing, good)
    assert (done.code, done.out) == (1, f"{good}: no violations of netflix\n")
    assert f"{missing} cannot be read" in done.err
    files = json.loads(check(missing, good, "--json").out)["files"]
    assert [entry["error"] is None for entry in files] == [False, True]
