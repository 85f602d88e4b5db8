"""`assistant ask`: any file people have goes in; a transcript, a reply, and a WAV file come out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from command import CHECKOUT, DEADLINE_S, SCRIPTED, run_here, run_python
from conftest import Clip
from contract_engines import heard as passed_on
from media_files import encoded, tone

from assistant.bench.word_errors import characters, english_words, error_rate
from models import audio
from models.registry import create
from models.types import EngineSpec, TranscribeOptions

CAPITAL = CHECKOUT / "examples" / "questions" / "capital.wav"

# What a JSON object of `assistant ask` holds; a tuple allows one of several types.
SHAPE: dict[str, Any] = {
    "transcript": str,
    "language": str,
    "reply": str,
    "audio": {"path": str, "duration_s": float, "sample_rate_hz": int},
    "pictures": list,
    "timeline": dict.fromkeys(
        ("speech_end_s", "transcript_s", "first_delta_s", "first_clause_s", "first_audio_s", "end_s"), float
    ),
    "models": {stage: {"name": str, "licence": str} for stage in ("echo", "vad", "turn", "stt", "llm", "tts", "image")},
}


@pytest.fixture
def question(tmp_path: Path) -> Path:
    path = tmp_path / "question.wav"
    audio.write_wav(path, tone(16_000))
    return path


def check_shape(value: object, shape: Any) -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict)
        assert list(value) == list(shape)
        for key, inner in shape.items():
            check_shape(value[key], inner)
    else:
        assert isinstance(value, shape)


@pytest.mark.parametrize(
    ("name", "codec", "sample_rate_hz", "channels"),
    [
        ("8bit.wav", "pcm_u8", 8_000, 1),
        ("16bit.wav", "pcm_s16le", 96_000, 2),
        ("24bit.wav", "pcm_s24le", 44_100, 2),
        ("32bit.wav", "pcm_s32le", 48_000, 1),
        ("float.wav", "pcm_f32le", 22_050, 2),
        ("a.flac", "flac", 96_000, 1),
        ("a.mp3", "libmp3lame", 44_100, 2),
        ("a.m4a", "aac", 48_000, 2),
        ("a.ogg", "libopus", 48_000, 1),
        ("telephone.ogg", "libopus", 8_000, 1),
        ("film.mp4", "aac", 44_100, 2),
        ("22channels.wav", "pcm_s16le", 48_000, 22),
    ],
)
def test_a_question_in_any_format_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, codec: str, sample_rate_hz: int, channels: int
) -> None:
    file = encoded(tmp_path / name, codec, sample_rate_hz, channels, picture=name.endswith(".mp4"))
    output = tmp_path / "reply.wav"
    done = run_here(capsys, "ask", *SCRIPTED, "--json", "--input", file, "--output", output)
    assert (done.code, done.err) == (0, "")
    answer = json.loads(done.out)
    assert answer["transcript"] == "What is the capital of France?"
    assert answer["reply"] == "The capital of France is Paris. It lies on the Seine."
    assert audio.read(output).duration_s == pytest.approx(answer["audio"]["duration_s"], abs=0.01)


def test_json_is_one_object_with_everything_about_the_turn(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "reply.wav"
    answer = json.loads(run_here(capsys, "ask", *SCRIPTED, "--json", "--input", question, "--output", output).out)
    check_shape(answer, SHAPE)
    assert answer["audio"] == {"path": str(output), "duration_s": 2.2, "sample_rate_hz": 24_000}  # 11 words
    assert list(answer["timeline"].values()) == sorted(answer["timeline"].values())
    assert answer["models"]["llm"] == {"name": "scripted", "licence": "Apache-2.0"}


def test_a_reply_without_words_has_no_sound(question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(
        capsys, "ask", *SCRIPTED, "--set", 'llm.options.replies=["…"]',
        "--json", "--input", question, "--output", tmp_path / "reply.wav",
    )  # fmt: skip
    assert (done.code, json.loads(done.out)["audio"]) == (0, None)
    assert [path.name for path in tmp_path.iterdir()] == ["question.wav"]


def test_several_questions_are_one_conversation(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_here(
        capsys, "ask", *SCRIPTED, "--set", 'llm.options.replies=["One.", "Two."]', "--json",
        "--input", question, question, "--output", tmp_path / "new" / "a.wav",
    )  # fmt: skip
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["reply"] for answer in answers] == ["One.", "Two."]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a-1.wav", "a-2.wav"]


def test_people_read_transcript_reply_times_and_where_the_sound_is(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "reply.wav"
    reply = "It is :smile: [bold]not[/bold] markup, and a line may be longer than eighty characters without a break."
    done = run_here(
        capsys, "ask", *SCRIPTED, "--set", f'llm.options.replies=["{reply}"]', "--input", question, "--output", output
    )
    lines = done.out.splitlines()
    assert lines[:3] == ["── question.wav", "You (en): What is the capital of France?", f"Assistant: {reply}"]
    assert [line.split("  ")[1] for line in lines[3:8]] == [
        "heard", "first word", "first clause", "first sound", "all spoken"
    ]  # fmt: skip
    assert lines[8].startswith(f"{output} (")


def test_an_answer_that_breaks_off_leaves_no_file(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_here(
        capsys, "ask", *SCRIPTED, "--set", "tts.voices.tone.options.fail_on=[2]",
        "--input", question, "--output", tmp_path / "reply.wav",
    )  # fmt: skip
    assert (done.code, done.err) == (1, "assistant ask: the script says that call 2 fails\n")
    assert [path.name for path in tmp_path.iterdir()] == ["question.wav"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (".", "is a directory"),
        ("reply.mp3", "answers are written as WAV files"),
        ("question.wav", "is a question"),
        ("question.wav/reply.wav", "cannot be written"),
        ("/dev/null", "is not a regular file"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_before_anything_is_fetched(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str, message: str
) -> None:
    # Offline and with weights nowhere, the embedded profile could not get any further.
    done = run_here(
        capsys, "ask", "--profile", "embedded", "--offline", "--input", question, "--output", tmp_path / output
    )
    assert done.code == 1
    assert done.err.startswith("assistant ask: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["question.wav"]


def test_ctrl_c_in_the_middle_of_a_reply_leaves_nothing_behind(question: Path, tmp_path: Path) -> None:
    words = f'llm.options.replies=["{"word " * 60}"]'  # half a minute: however late Ctrl-C comes, it is in the middle
    slow = ["--profile", "scripted", "--set", "llm.options.pause_s=0.5", "--set", words]
    command = [sys.executable, "-m", "assistant", "ask", *slow, "--input", str(question), "--output", "reply.wav"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a terminal does: Ctrl-C then reaches this group alone
    ) as asking:
        assert asking.stdout is not None
        shown = ""
        while not shown.endswith("Assistant:"):
            letter = asking.stdout.read(1)
            assert letter, "it ended before it answered"
            shown += letter
        workers = psutil.Process(asking.pid).children(recursive=True)
        assert len(workers) == 3
        os.killpg(asking.pid, signal.SIGINT)
        _, err = asking.communicate(timeout=DEADLINE_S)
    assert (asking.returncode, err) == (130, "\n")
    assert [path.name for path in tmp_path.iterdir()] == ["question.wav"]
    assert psutil.wait_procs(workers, timeout=DEADLINE_S)[1] == []


@pytest.mark.weights
@pytest.mark.filterwarnings(
    r"ignore:Exception ignored in. <_io.FileIO name='.*(\.tiktoken|english\.json)'"
)  # whisper's
@pytest.mark.filterwarnings(r"ignore:unclosed file .*english\.json:ResourceWarning")  # the same
def test_real_questions_get_real_answers_that_can_be_understood(
    speech: list[Clip], weights: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("silero-vad", "smart-turn-v3.2", "whisper-base", "smollm2-135m-instruct", "piper-joe"):
        weights(name)
    clip = next(clip for clip in speech if clip.path.name == "pv_en.wav")
    done = run_python("-m", "assistant", "ask", "--json", "--input", CAPITAL, clip.path, folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    capital, statement = (json.loads(line) for line in done.out.splitlines())
    check_shape(capital, SHAPE)
    words, letters = english_words(), characters()
    assert words(capital["transcript"]) == words("What is the capital of France?")
    assert error_rate([(words(clip.transcript), words(statement["transcript"]))]) <= 0.2
    assert "Paris" in capital["reply"]
    assert len(words(statement["reply"])) >= 2

    ears = create(EngineSpec("stt", "whisper", "whisper-base", weights("whisper-base")))
    for answer in (capital, statement):
        items = ears.transcribe(audio.read(tmp_path / answer["audio"]["path"]), TranscribeOptions(language="en"))
        heard = " ".join(segment.text for segment in passed_on(items))
        # By letters: "France is" and "Francis" sound the same. The voice has chance in it, and what it says may differ.
        assert error_rate([(letters(answer["reply"]), letters(heard))]) <= 0.3, (answer["reply"], heard)
