"""`assistant bench pictures` over scripted engines: what it reports, not how fast it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import CHECKOUT, SCRIPTED, run_here

QUESTION = CHECKOUT / "examples" / "questions" / "capital.wav"


def test_the_report_has_every_figure_and_leaves_no_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path))
    slowly = ["--set", "image.options.pause_s=0.001"]
    done = run_here(capsys, "bench", "pictures", *SCRIPTED, *slowly, "--questions", QUESTION, "--turns", "1", "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert report["model"] == "scripted"
    assert report["drawing"]["first_preview_step"] == 3
    assert report["drawing"]["cancel_s"]["n"] == 10
    assert report["drawing"]["picture_20_steps_s"]["p50"] > report["drawing"]["picture_10_steps_s"]["p50"]
    talking = report["talking"]
    assert (talking["unanswered"], talking["promise_s"]["n"], talking["reply_while_drawing_s"]["n"]) == (0, 1, 1)
    assert not list(tmp_path.iterdir())


def test_only_the_parts_that_are_wanted_are_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path))
    done = run_here(
        capsys, "bench", "pictures", *SCRIPTED, "--questions", QUESTION, "--only", "drawing", "right", "--json"
    )
    assert done.code == 0, done.err
    assert set(json.loads(done.out)) == {"machine", "model", "drawing"}  # what a scripted model knows is not known
