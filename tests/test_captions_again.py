"""`assistant captions` over captions of an earlier run: what is left, what is written anew, and what is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from captions_folder import ENGINES, VOCABULARY, files_in, outcomes, recording, summary, words_in
from command import Outcome, run_here

from assistant.captions.formats import FORMATS


@pytest.fixture
def captions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Outcome]:
    """The command, with the output folder of the test."""
    return lambda *arguments: run_here(capsys, "captions", *ENGINES, "--out", tmp_path / "out", *arguments)


def test_running_again_transcribes_nothing_twice(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    assert outcomes(captions(source, "--json")) == {"a": "transcribed"}
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert outcomes(captions(source, "--json")) == {"a": "skipped"}
    assert {path: path.stat().st_mtime_ns for path in times} == times
    (tmp_path / "out" / "a.vtt").unlink()
    assert outcomes(captions(source, "--formats", "srt,vtt,ttml", "--json")) == {"a": "exported"}
    assert files_in(tmp_path / "out") == ["a.srt", "a.ttml", "a.vtt"]
    assert outcomes(captions(source, "--existing", "replace", "--json")) == {"a": "transcribed"}


def test_what_was_heard_otherwise_is_left_alone_and_told(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    assert captions(source, "--language", "en").code == 0
    done = captions(source, "--language", "fr", "--prompt", "Names.", "--json")
    assert outcomes(done) == {"a": "skipped"}
    (entry,) = summary(done)["results"]
    assert entry["note"] == "heard with another language and prompt; --existing replace hears it anew"
    assert "heard with another prompt" in captions(source, "--language", "en", "--prompt", "Names.").err
    (entry,) = summary(captions(source, "--language", "en", "--json"))["results"]
    assert entry["note"] is None


def test_files_of_another_standard_are_left_alone_and_told(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    assert captions(source).code == 0
    told = captions(source, "--standard", "bbc", "--json")
    assert summary(told)["results"][0]["note"] == "laid out for netflix; --reexport lays it out anew"
    assert "1 of them laid out for netflix" in captions(source, "--words").out
    assert captions("--reexport", "--standard", "bbc", "--words", "--json").code == 0
    assert summary(captions(source, "--standard", "bbc", "--words", "--json"))["results"][0]["note"] is None
    told = captions(source, "--json")
    assert summary(told)["results"][0]["note"] == "laid out for bbc with words; --reexport lays it out anew"


def test_writing_anew_keeps_to_the_formats_that_are_there(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    assert captions(recording(tmp_path / "a.wav"), "--formats", "ass,tsv").code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("a.*")}
    assert captions("--reexport", "--standard", "shorts").code == 0
    after = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("a.*")}
    assert sorted(before) == sorted(after) == ["a.ass", "a.tsv"]
    assert all(before[name] != after[name] for name in before)
    (tmp_path / "out" / "a.ass").unlink()
    (tmp_path / "out" / "a.tsv").unlink()
    assert captions("--reexport").code == 0
    assert files_in(tmp_path / "out") == ["a.srt", "a.vtt"]


def test_a_dry_run_tells_what_a_run_would_leave_as_it_is(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    assert captions(source).code == 0
    assert "--existing replace" in captions(source, "--language", "fr", "--dry-run").out
    assert "--reexport" in captions(source, "--standard", "shorts", "--dry-run").out
    assert "heard" not in captions(source, "--language", "fr", "--existing", "replace", "--dry-run").out
    assert "--" not in captions(source, "--dry-run").out


def test_files_that_are_older_than_what_was_heard_are_written_again(
    captions: Callable[..., Outcome], tmp_path: Path
) -> None:
    source = recording(tmp_path / "a.wav")
    assert captions(source, "--formats", "srt").code == 0
    (tmp_path / "out" / "a.srt").write_text("of an earlier run, which this one was to replace")
    with closing(sqlite3.connect(tmp_path / "out" / ".captions" / "jobs.sqlite")) as table, table:
        table.execute("UPDATE items SET state = 'running', owner_pid = 4194304999, owner_started_s = 1")
    done = captions(source, "--formats", "srt", "--existing", "replace", "--json")
    assert outcomes(done) == {"a": "exported"}
    assert words_in(tmp_path / "out" / "a.srt") == list(VOCABULARY)


def test_every_format_is_written_again_without_a_recording(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    assert captions(source).code == 0
    source.unlink()
    (tmp_path / "out" / "a.srt").write_text("")
    done = captions("--reexport", "--formats", ",".join(FORMATS), "--standard", "shorts", "--words", "--json")
    assert outcomes(done) == {"a": "exported"}
    assert files_in(tmp_path / "out") == sorted([f"a.{name}" for name in FORMATS])
    assert words_in(tmp_path / "out" / "a.srt") == list(VOCABULARY)
