"""Runs of `assistant captions` that are killed at any moment, and runs beside each other: nothing is heard twice."""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from captions_folder import files_in, words_in
from command import CHECKOUT, DEADLINE_S
from noting_speech_to_text import bell_of

from models import audio
from models.scripted.speech import spoken
from models.types import Audio

# Each is said once, in one recording, and fills a window of its own: so it is known what was heard twice.
WORDS = tuple(f"word{number:02}" for number in range(40))
WORD_S, PAUSE_S = 12.5, 1.0
WORDS_EACH = 8
N_RECORDINGS = len(WORDS) // WORDS_EACH
N_KILLS = 20
# What may be lost of the recording that was being heard.
LONGEST_LOSS_S = 60.0


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five recordings, of almost two minutes each."""
    folder = tmp_path_factory.mktemp("recordings")
    pause = np.zeros(round(PAUSE_S * 16_000), np.float32)
    for number in range(0, len(WORDS), WORDS_EACH):
        said = [spoken([word], WORDS, WORD_S).samples for word in WORDS[number : number + WORDS_EACH]]
        whole = np.concatenate([part for samples in said for part in (samples, pause)])
        audio.write_wav(folder / f"{number // WORDS_EACH}.wav", Audio(whole, 16_000))
    return folder


def started(recordings: Path, out: Path, notes: Path, last: int = 0) -> subprocess.Popen[str]:
    """The command in a process of its own, with its engine in a thread of it.

    Args:
        last: the number of the window that the engine never comes back from; 0 for none.
    """
    settings = {
        "workers.mode": "thread",
        "stt.engine": "noting",
        "stt.options": f'{{notes = "{notes}", last = {last}, vocabulary = {list(WORDS)}}}',
    }
    changes = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    notes.touch()
    os.mkfifo(bell_of(notes))
    options = ("--profile", "scripted", "--formats", "srt", "--json", *changes)
    program = CHECKOUT / "tests" / "noting_speech_to_text.py"
    return subprocess.Popen(
        [sys.executable, "-P", program, "captions", recordings, "--out", out, *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "tests")))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(run: subprocess.Popen[str]) -> tuple[int, dict[str, int]]:
    """Its exit code and how many recordings had which outcome."""
    out, err = run.communicate(timeout=DEADLINE_S)
    assert out, err
    return run.returncode, {name: number for name, number in json.loads(out)["counts"].items() if number}


def kill(run: subprocess.Popen[str]) -> None:
    run.kill()
    run.communicate(timeout=DEADLINE_S)


def wait_for_notes(notes: Path, n_lines: int, run: subprocess.Popen[str]) -> None:
    """Returns once the engine has written so many lines: it rings a bell after each."""
    deadline_s = time.monotonic() + DEADLINE_S
    bell = os.open(bell_of(notes), os.O_RDWR | os.O_NONBLOCK)
    try:
        while notes.read_text().count("\n") < n_lines:
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < deadline_s, f"{notes} still has fewer than {n_lines} lines"
            if select.select([bell], [], [], 1.0)[0]:
                os.read(bell, 1 << 10)
    finally:
        os.close(bell)


def begun(notes: Path) -> list[str]:
    """The words that the engine began to hear."""
    return [word for line in notes.read_text().splitlines() if line.startswith("begin ") for word in line.split()[1:]]


def recording_of(word: str) -> int:
    return WORDS.index(word) // WORDS_EACH


def test_runs_that_are_killed_at_any_moment_hear_nothing_twice_but_the_last_minute(
    recordings: Path, tmp_path: Path
) -> None:
    chance = random.Random(4)
    out = tmp_path / "out"
    begun_ever: set[str] = set()
    for number in range(N_KILLS):
        notes = tmp_path / f"{number}.txt"
        last = chance.choice((1, 2, 6))
        run = started(recordings, out, notes, last)
        wait_for_notes(notes, chance.choice((1, last, 2 * last - 1)), run)
        for _ in range(chance.randrange(200)):  # some moments later
            out.stat()
        kill(run)
        assert not kept(begun_ever) & set(begun(notes))
        begun_ever.update(begun(notes))
        for name in files_in(out):  # whatever is there is whole
            assert words_in(out / name) == words_of(name)
    notes = tmp_path / "last.txt"
    code, counts = finished(started(recordings, out, notes))
    assert code == 0
    assert sum(counts.values()) == N_RECORDINGS
    assert not kept(begun_ever) & set(begun(notes))
    assert begun_ever.union(begun(notes)) == set(WORDS)
    assert_all_is_right(recordings, out, tmp_path)


def words_of(name: str) -> list[str]:
    start = int(Path(name).stem) * WORDS_EACH
    return list(WORDS[start : start + WORDS_EACH])


def kept(begun_ever: set[str]) -> set[str]:
    """What no kill may have lost: of each recording all but the last minute, and what was being heard."""
    n_lost = 1 + int(LONGEST_LOSS_S // WORD_S)
    recordings = (sorted(word for word in begun_ever if recording_of(word) == number) for number in range(N_RECORDINGS))
    return {word for words in recordings for word in words[:-n_lost]}


def assert_all_is_right(recordings: Path, out: Path, folder: Path) -> None:
    """The files are those of a run that nobody disturbed, and one more run does nothing at all."""
    code, counts = finished(started(recordings, folder / "undisturbed", folder / "undisturbed.txt"))
    assert (code, counts) == (0, {"transcribed": N_RECORDINGS})
    assert files_in(out) == [f"{number}.srt" for number in range(N_RECORDINGS)]
    for name in files_in(out):
        assert (out / name).read_bytes() == (folder / "undisturbed" / name).read_bytes()
        assert words_in(out / name) == words_of(name)
    assert finished(started(recordings, out, folder / "again.txt")) == (0, {"skipped": N_RECORDINGS})
    assert begun(folder / "again.txt") == []
    left = [path.name for path in (out / ".captions").rglob("*") if path.is_file()]
    assert sorted(left)[-1] == "jobs.sqlite"
    assert len(left) == 1 + N_RECORDINGS, left  # the table and the transcripts


def test_a_run_beside_another_does_what_the_other_does_not(recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = started(recordings, out, tmp_path / "first.txt", last=2)
    try:
        wait_for_notes(tmp_path / "first.txt", 3, first)  # it is in the middle of the first recording
        code, counts = finished(started(recordings, out, tmp_path / "second.txt"))
        assert (code, counts["transcribed"]) == (0, N_RECORDINGS - counts["in another run"])
        assert counts["in another run"] >= 1
        assert begun(tmp_path / "second.txt")[:1] != ["word00"]
    finally:
        kill(first)
    code, counts = finished(started(recordings, out, tmp_path / "third.txt"))
    assert (code, sum(counts.values())) == (0, N_RECORDINGS)
    assert not set(begun(tmp_path / "second.txt")) & {*begun(tmp_path / "first.txt"), *begun(tmp_path / "third.txt")}
    assert_all_is_right(recordings, out, tmp_path)
