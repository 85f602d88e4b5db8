"""Runs that are killed or interrupted, and runs that meet in one folder: nothing is lost, and nothing done twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from captions_folder import ENGINES, VOCABULARY, files_in, recording, words_in
from command import CHECKOUT, DEADLINE_S, run_python

# Longer than what is heard at once, so that there is something to lose.
LONG = VOCABULARY * 10


def test_a_run_killed_at_any_moment_is_finished_by_the_next_which_hears_nothing_twice(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        recording(tmp_path / "in" / f"{name}.wav", LONG, 1.0)
    path = os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "tests")))
    done = run_python(
        CHECKOUT / "tests" / "killed_runs.py", tmp_path / "runs", "20", *ENGINES, tmp_path / "in", "--formats", "srt",
        folder=tmp_path, path=path,
    )  # fmt: skip
    assert done.code == 0, done.err
    for run in json.loads(done.out):
        assert sorted(run["files"]) == ["a.srt", "b.srt", "c.srt"], run["moment"]
        for text in run["files"].values():
            assert re.findall("[a-z]+", text.lower()) == list(LONG), run["moment"]
        assert not set(run["heard_before"]) & set(run["heard_after"]), run["moment"]
        assert {title for title, state in run["states"].items() if state == "done"} <= set(run["heard_before"])
        for title, from_s in run["begun_at_s"].items():
            assert from_s == run["noted_s"].get(title, 0.0), run["moment"]
        assert run["left_behind"] == [], run["moment"]


def captions(out: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-P", "-m", "assistant", "captions", *ENGINES, "--out", out, *arguments]
    return subprocess.Popen(
        list(map(str, command)),
        cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_runs_on_one_folder_share_the_work(tmp_path: Path) -> None:
    names = [f"{number:02}" for number in range(12)]
    for name in names:
        recording(tmp_path / "in" / f"{name}.wav", LONG, 0.5)
    arguments = (tmp_path / "out", tmp_path / "in", "--json")
    with captions(*arguments) as first, captions(*arguments) as second:
        told = [json.loads(run.communicate(timeout=DEADLINE_S)[0]) for run in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    heard = [entry["title"] for run in told for entry in run["results"] if entry["outcome"] == "transcribed"]
    assert sorted(heard) == names
    for name in names:
        assert words_in(tmp_path / "out" / f"{name}.srt") == list(LONG)


def test_an_interrupted_run_says_so_and_the_next_goes_on(tmp_path: Path) -> None:
    for name in ("a", "b"):
        recording(tmp_path / "in" / f"{name}.wav", LONG, 1.0)
    slow = ("--set", "stt.options.pause_s=3600")  # it hears for ever, until it is interrupted
    with captions(tmp_path / "out", tmp_path / "in", "--json", *slow) as run:
        assert run.stderr is not None
        assert "s of sound" in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 130
    assert json.loads(out)["interrupted"]
    assert files_in(tmp_path / "out") == []
    assert list((tmp_path / "out" / ".captions" / "scratch").iterdir()) == []
    with captions(tmp_path / "out", tmp_path / "in", "--json") as again:
        counts = json.loads(again.communicate(timeout=DEADLINE_S)[0])["counts"]
    assert (again.returncode, counts["transcribed"]) == (0, 2)
