"""The command line itself: help, exit codes, and the one place at which errors become a line."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import CHECKOUT, DEADLINE_S, SCRIPTED, run_here, run_python
from media_files import tone

from assistant import cli
from models import audio

COMMANDS = list(cli._COMMANDS)


@pytest.fixture
def question(tmp_path: Path) -> Path:
    path = tmp_path / "question.wav"
    audio.write_wav(path, tone(16_000))
    return path


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(capsys, "--help")
    assert done.code == 0
    assert [name for name in COMMANDS if f"    {name} " not in done.out] == []


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", [60, 80])
def test_help_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = run_here(capsys, command, "--help")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= columns


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_no_heavy_library(tmp_path: Path, command: str) -> None:
    program = (
        "import atexit, sys; atexit.register(lambda: print('loaded', *sys.modules));"
        "from assistant.cli import main; main(sys.argv[1:])"
    )
    done = run_python("-c", program, command, "--help", folder=tmp_path)
    assert done.code == 0
    loaded = done.out.splitlines()[-1].split()
    assert loaded[0] == "loaded"
    heavy = {"torch", "transformers", "TTS", "whisper", "onnxruntime", "livekit", "av", "sounddevice", "httpx"}
    assert heavy & set(loaded) == set()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "required: COMMAND"),
        (["asq"], "invalid choice: 'asq'"),
        (["ask"], "required: --input"),
        (["ask", "--input"], "--input: expected at least one argument"),
        (["ask", "--input", "a.wav", "--colour", "red"], "unrecognized arguments: --colour red\n"),
        (["talk", "--inptu", "a.wav"], "usage: assistant talk "),
        (["talk", "--inptu=a.wav"], 'unrecognized arguments: --inptu=a.wav; did you mean "--input"?\n'),
        (["models"], "required: ACTION"),
        (["models", "list", "--stage", "smell"], "invalid choice: 'smell'"),
    ],
)
def test_wrong_usage_is_exit_code_two(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    done = run_here(capsys, *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "speed"], "--set speed: expected KEY=VALUE"),
        (["--set", "tts.sped=1"], 'unknown key "sped"; did you mean "speed"?'),
        (["--set", "tts.speed=fast"], "'fast' is not of type float"),
        (["--set", "tts.voice=tome"], 'there is no voice "tome"; did you mean "tone"?'),
        (["--set", "llm.engine=scripd"], 'there is no llm engine "scripd"; did you mean "scripted"?'),
        (["--set", "stt.options.line=[]"], 'unknown key "line"; did you mean "lines"?'),
        (["--set", "vad.engine=silero", "--set", "vad.model=x"], 'there is no model "x"; see: assistant models list\n'),
        (["--profile", "embeded"], 'there is no profile "embeded"; did you mean "embedded"?'),
        (["--profile", "embedded", "--offline"], 'the model "silero-vad" is not here and --offline forbids'),
    ],
)
def test_a_mistake_in_the_settings_is_one_line_and_exit_code_one(
    question: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.setenv("ASSISTANT_STORE", str(tmp_path / "store"))
    done = run_here(capsys, "ask", *SCRIPTED, *arguments, "--input", question, "--output", tmp_path / "reply.wav")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("assistant ask: ")
    assert says in done.err
    assert done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["question.wav"]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_verbose_shows_where_an_error_comes_from(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, place: int
) -> None:
    arguments = ["ask", "--input", "missing.wav"]
    arguments.insert(place, "--verbose")
    with caplog.at_level(logging.DEBUG), pytest.raises(Exception, match=r"missing\.wav: no such file"):
        cli.main(arguments)


def test_an_error_that_crossed_from_a_worker_shows_its_traceback_if_asked(question: Path, tmp_path: Path) -> None:
    failing = ["--profile", "scripted", "--set", "llm.options.fail_on=[1]"]
    done = run_python("-m", "assistant", "ask", "--verbose", *failing, "--input", question, folder=tmp_path)
    assert done.code == 1
    assert "In the worker:\nTraceback" in done.err
    assert 'models/scripted/engines.py", line' in done.err


def test_libraries_and_workers_are_silent(question: Path, tmp_path: Path) -> None:
    done = run_python("-m", "assistant", "ask", "--profile", "scripted", "--input", question, folder=tmp_path)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    "arguments", [["models", "list"], ["models", "list", "--json"], ["models", "show", "piper-joe"]]
)
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path, arguments: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "assistant", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as listing:
        assert listing.stdout is not None
        listing.stdout.close()
        _, err = listing.communicate(timeout=DEADLINE_S)
    assert (listing.returncode, err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a Linux device")
@pytest.mark.parametrize("arguments", [["models", "list"], ["models", "list", "--json"]])
def test_a_full_disk_behind_the_output_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE_S,
        )
    assert (done.returncode, done.stderr) == (1, "assistant models: No space left on device\n")


def test_a_terminal_that_knows_only_ascii_gets_an_answer(question: Path, tmp_path: Path) -> None:
    plain = {"PYTHONIOENCODING": "ascii"}
    arguments = ["ask", "--profile", "scripted", "--input", question]
    done = run_python("-m", "assistant", *arguments, folder=tmp_path, variables=plain)
    assert (done.code, done.err) == (0, "")
    assert "Assistant: The capital of France is Paris." in done.out
