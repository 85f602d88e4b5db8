"""`assistant captions`: what people get of any number of recordings, and what they are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pysubs2
import pytest
from captions_folder import ENGINES, VOCABULARY, files_in, outcomes, recording, summary, words_in
from command import Outcome, run_here
from conftest import Clip

from assistant.bench.word_errors import english_words, error_rate


@pytest.fixture
def captions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Outcome]:
    """The command, with the output folder of the test."""
    return lambda *arguments: run_here(capsys, "captions", *ENGINES, "--out", tmp_path / "out", *arguments)


def test_every_recording_below_a_folder_gets_captions(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    recording(tmp_path / "in" / "a.wav")
    recording(tmp_path / "in" / "deep" / "b.wav", VOCABULARY[::-1])
    done = captions(tmp_path / "in")
    assert done.code == 0
    assert files_in(tmp_path / "out") == ["a.srt", "a.vtt", "b.srt", "b.vtt"]
    assert words_in(tmp_path / "out" / "a.srt") == list(VOCABULARY)
    assert words_in(tmp_path / "out" / "b.vtt") == list(VOCABULARY[::-1])
    assert done.out.startswith("2 recordings: 2 transcribed\n")


def test_the_same_base_name_twice_is_two_captions(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    first = recording(tmp_path / "d1" / "a.mp3", ["one", "two"])
    second = recording(tmp_path / "d2" / "a.mp4", ["three", "four"])
    assert captions(first, second, "--formats", "srt").code == 0
    assert files_in(tmp_path / "out") == ["a (2).srt", "a.srt"]
    assert words_in(tmp_path / "out" / "a.srt") == ["one", "two"]
    assert words_in(tmp_path / "out" / "a (2).srt") == ["three", "four"]


def test_any_title_stays_in_the_output_folder(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    names = ["😀 party", "x" * 230, "a\\..\\..\\up", "con", "*?", "a\u202egpj"]
    for number, name in enumerate(names):
        recording(tmp_path / "in" / f"{name}.wav", VOCABULARY[number : number + 1])
    before = {path for path in tmp_path.rglob("*") if "out" not in path.parts}
    done = captions(tmp_path / "in", "--formats", "srt")
    assert done.code == 0
    assert {path for path in tmp_path.rglob("*") if "out" not in path.parts} == before
    assert files_in(tmp_path / "out") == sorted(
        ["untitled.srt", "😀 party.srt", f"{'x' * 180}.srt", "a-..-..-up.srt", "_con.srt", "agpj.srt"]
    )


def test_what_is_wrong_with_some_keeps_none_of_the_others(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    good = {recording(folder / f"good{number}.wav").stem for number in range(4)}
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "disguised.mp3").write_text(f"ffconcat version 1.0\nfile '{folder / 'good0.wav'}'\n")
    (folder / "noise.mp4").write_bytes(bytes(range(256)) * 64)
    done = captions(folder, tmp_path / "missing.mp3", "gopher://example.org/a", "--json")
    assert done.code == 1
    assert {title for title, outcome in outcomes(done).items() if outcome == "transcribed"} == good
    reasons = {entry["title"]: entry["reason"] for entry in summary(done)["results"] if entry["reason"]}
    assert reasons == {
        "empty": "empty",
        "disguised": "broken",
        "noise": "broken",
        str(tmp_path / "missing.mp3"): "not found",
        "gopher://example.org/a": "refused for safety",
    }
    assert all(entry["message"] for entry in summary(done)["results"] if entry["reason"])


def test_an_engine_that_fails_once_fails_one_recording(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    for name in "abc":
        recording(tmp_path / "in" / f"{name}.wav", ["one"])
    done = captions(tmp_path / "in", "--set", "stt.options.fail_on=[2]", "--json")
    assert done.code == 1
    assert sorted(outcomes(done).values()) == ["failed", "transcribed", "transcribed"]
    (failed,) = [entry for entry in summary(done)["results"] if entry["reason"]]
    assert (failed["reason"], failed["attempts"]) == ("the engine failed", 1)
    again = captions(tmp_path / "in", "--json")
    assert again.code == 0
    assert sorted(outcomes(again).values()) == ["skipped", "skipped", "transcribed"]


def test_captions_that_cannot_be_written_are_told(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    assert captions(source, "--formats", "srt").code == 0
    (tmp_path / "out" / "a.vtt").mkdir()
    (tmp_path / "out" / "a.vtt" / "full").write_text("")
    done = captions("--reexport", "--formats", "srt,vtt", "--json")
    (failed,) = summary(done)["results"]
    assert (done.code, failed["reason"]) == (1, "the captions cannot be written")
    assert not list((tmp_path / "out").glob(".*.part"))


def test_recordings_of_one_name_are_told_apart_in_the_report(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    sources = [recording(tmp_path / folder / "a.wav") for folder in ("d1", "d2")]
    captions(*sources, "--report", "--burn")
    page = (tmp_path / "out" / "report.html").read_text()
    entries = [json.loads(block) for block in re.findall(r'class="entry">(.*)</script>', page)]
    assert sorted(entry["title"] for entry in entries) == ["a", "a (2)"]
    assert all(entry["failure"].startswith("no picture") and entry["cues"] for entry in entries)


def test_silence_has_captions_without_cues(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav", [])
    (tmp_path / "a.wav").write_bytes(source.read_bytes()[:40] + (64_000).to_bytes(4, "little") + bytes(64_000))
    done = captions(source, "--json")
    assert (done.code, outcomes(done)) == (0, {"a": "transcribed"})
    assert (tmp_path / "out" / "a.srt").read_text() == ""


def test_a_dry_run_writes_nothing(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    done = captions(source, tmp_path / "missing.wav", "--dry-run", "--json")
    assert done.code == 1
    assert [entry["state"] for entry in summary(done)["results"]] == ["new", "failed"]
    assert not (tmp_path / "out").exists()
    assert captions(source).code == 0
    assert captions(source, "--dry-run").out == f"done      {source}\n"


def test_several_workers_do_the_same_as_one(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    for number in range(12):
        recording(tmp_path / "in" / f"{number:02}.wav", VOCABULARY[number % 7 : number % 7 + 2])
    assert captions(tmp_path / "in", "--workers", "3", "--formats", "srt").code == 0
    for number in range(12):
        assert words_in(tmp_path / "out" / f"{number:02}.srt") == list(VOCABULARY[number % 7 : number % 7 + 2])


def test_a_line_is_printed_for_each_recording_where_there_is_no_terminal(
    captions: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "[bold]x.mp3").write_bytes(b"")
    done = captions(recording(tmp_path / "a.wav"), tmp_path / "[bold]x.mp3")
    assert "✓ a: transcribed a.srt\n" in done.err
    assert "✗ [bold]x.mp3 is empty" in done.err
    assert re.fullmatch(r"2 recordings: 1 transcribed, 1 failed\nempty: \[bold\]x.mp3 .*\n", done.out)


def test_a_list_names_sources(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    recording(tmp_path / "in" / "a.wav")
    (tmp_path / "list.txt").write_text("# talks\nin/a.wav\n\nin\n")
    done = captions(f"@{tmp_path / 'list.txt'}", "--json")
    assert (done.code, outcomes(done)) == (0, {"a": "transcribed"})


def test_a_report_shows_the_batch(captions: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "bad.mp3").write_bytes(b"")
    assert captions(recording(tmp_path / "a.wav"), tmp_path / "bad.mp3", "--report").code == 1
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    entries = re.findall(r'<script type="application/json" class="entry">(.*?)</script>', page)
    good, bad = sorted(map(json.loads, entries), key=lambda entry: str(entry["title"]))
    assert (good["title"], good["failure"]) == ("a", None)
    assert good["cues"]
    assert good["peaks"]
    assert bad["failure"].startswith("empty: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "out"], "SOURCE"),
        (["a.wav"], "--out DIR is needed"),
        (["a.wav", "--out", "out", "--formats", "srt,vtv"], 'did you mean "vtt"?'),
        (["a.wav", "--out", "out", "--formats", ","], "--formats is empty"),
        (["a.wav", "--out", "out", "--standard", "hbo"], "invalid choice"),
        (["a.wav", "--out", "out", "--workers", "0"], "must be at least 1"),
        (["a.wav", "--out", "out", "--translate", "fr"], "invalid choice"),
        (["a.wav", "--out", "out", "--language", "English"], '"English" is no code of a language'),
        (["a.wav", "--out", "out", "--cookies", "none.txt"], "--cookies"),
        (["a.wav", "--check", "a.srt"], "takes no sources"),
        (["a.wav", "--out", "file"], "is a file"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    done = run_here(capsys, "captions", *arguments)
    assert done.code == 2
    assert message in done.err
    assert files_in(tmp_path) == ["file"]


@pytest.mark.weights
@pytest.mark.filterwarnings(r"ignore:unclosed file .*english\.json:ResourceWarning")  # Whisper's
@pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*english\.json'")  # the same
def test_whisper_captions_real_recordings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, speech: list[Clip], weights: Callable[[str], Path]
) -> None:
    for name in ("whisper-base", "silero-vad"):
        weights(name)
    clips = [clip for clip in speech if clip.language == "en"][:2]
    done = run_here(capsys, "captions", *(clip.path for clip in clips), "--out", tmp_path, "--formats", "srt")
    assert done.code == 0
    normalized = english_words()
    files = [tmp_path / f"{clip.path.stem}.srt" for clip in clips]
    heard = [" ".join(event.plaintext for event in pysubs2.load(str(file))) for file in files]
    pairs = [(normalized(clip.transcript), normalized(text)) for clip, text in zip(clips, heard, strict=True)]
    assert error_rate(pairs) < 0.1
    checked = run_here(capsys, "captions", "--check", *files)
    assert checked.code == 0
