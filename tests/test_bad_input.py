"""What is no question: each is refused in one clear line, with exit code 1, and nothing is written."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command import SCRIPTED, Outcome, run_here, run_python
from media_files import encoded, tone

from models import audio
from models.types import Audio

RATE_HZ = 16_000


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Asks with scripted engines; everything that is written would lie beside the question."""

    def run(question: Path, *more: str) -> Outcome:
        output = tmp_path / "out" / "reply.wav"
        return run_here(capsys, "ask", *SCRIPTED, *more, "--json", "--input", question, "--output", output)

    return run


def check_refused(done: Outcome, question: Path, message: str) -> None:
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith(f"assistant ask: {question}")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not (question.parent / "out").exists()


def noise(kind: str) -> Audio:
    """Three seconds, about as loud as speech."""
    random = np.random.default_rng(0)
    white = random.standard_normal(3 * RATE_HZ)
    times = np.arange(len(white)) / RATE_HZ
    match kind:
        case "silence":
            samples = np.zeros_like(white)
        case "white":
            samples = white
        case "pink":
            spectrum = np.fft.rfft(white)
            samples = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))))
        case "hum":
            samples = sum(np.sin(2 * np.pi * 50 * k * times) / k for k in range(1, 8))
        case "knocks":
            samples = white * np.exp(-40 * (times % 0.6))
    return Audio((0.3 * samples / max(1e-9, np.abs(samples).max())).astype(np.float32), RATE_HZ)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "is empty (0 bytes)"),
        (b"What is the capital of France?\n" * 100, "cannot be read as an audio or video file"),
        (np.random.default_rng(0).bytes(20_000), "cannot be read as an audio or video file"),
    ],
    ids=["missing", "zero bytes", "text", "random bytes"],
)
def test_what_is_not_audio_is_refused(
    tmp_path: Path, ask: Callable[..., Outcome], content: bytes | None, message: str
) -> None:
    question = tmp_path / "question.wav"
    if content is not None:
        question.write_bytes(content)
    check_refused(ask(question), question, message)


def test_a_directory_is_refused(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = tmp_path / "question.wav"
    question.mkdir()
    check_refused(ask(question), question, "is a directory")


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = tmp_path / ("question" * 100)
    check_refused(ask(question), question, "File name too long")


def test_a_file_that_ends_before_its_sound_begins_is_refused(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = encoded(tmp_path / "question.flac", "flac", RATE_HZ, 1)
    question.write_bytes(question.read_bytes()[:60])
    check_refused(ask(question), question, "")


def test_what_is_there_of_a_truncated_file_is_answered(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = encoded(tmp_path / "question.flac", "flac", RATE_HZ, 1)
    question.write_bytes(question.read_bytes()[: question.stat().st_size * 3 // 4])
    assert ask(question).code == 0


def test_a_file_of_nothing_but_nan_holds_no_speech(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = encoded(tmp_path / "question.wav", "pcm_f32le", RATE_HZ, 1)
    content = question.read_bytes()
    start = content.index(b"data") + 8
    question.write_bytes(content[:start] + np.full(RATE_HZ, np.nan, "<f4").tobytes())
    check_refused(ask(question), question, "nothing was said")


def test_a_tenth_of_a_second_is_not_speech(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = tmp_path / "question.wav"
    audio.write_wav(question, tone(RATE_HZ, 0.1))
    check_refused(ask(question), question, "nothing was said: no speech in 0.1 s of sound")


def test_one_bad_question_among_several_is_told_before_any_is_answered(
    tmp_path: Path, ask: Callable[..., Outcome]
) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    audio.write_wav(good, tone(RATE_HZ))
    check_refused(ask(bad, "--input", str(good), str(bad)), bad, "no such file")


def test_sound_in_which_no_words_are_heard_is_refused(tmp_path: Path, ask: Callable[..., Outcome]) -> None:
    question = tmp_path / "question.wav"
    whisper = tone(RATE_HZ).samples * np.float32(
        0.001
    )  # under what the scripted ears hear, over what the detector does
    audio.write_wav(question, Audio(whisper, RATE_HZ))
    sensitive = ("--set", "vad.options.quiet_db=-90", "--set", "vad.options.loud_db=-80")
    done = ask(question, *sensitive)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"assistant ask: {question}: nothing was said: no words were heard in the recording\n"
    assert not any((tmp_path / "out").iterdir())


def test_two_hours_are_refused_in_the_memory_that_a_minute_takes(tmp_path: Path) -> None:
    def peak_bytes(duration_s: int, code: int) -> int:
        question = tmp_path / "question.wav"
        with wave.open(str(question), "wb") as file:
            file.setparams((1, 1, 8_000, 0, "NONE", ""))
        n_bytes = duration_s * 8_000
        with question.open("r+b") as raw:  # a hole in the file takes no space; as 8-bit sound, zeros are full scale
            raw.truncate(44 + n_bytes)
            for place, size in ((4, 36 + n_bytes), (40, n_bytes)):
                raw.seek(place)
                raw.write(size.to_bytes(4, "little"))
        program = (
            "import resource, sys; from assistant.cli import main; code = main(sys.argv[1:]);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
        )
        arguments = ("ask", *SCRIPTED, "--json", "--input", question, "--output", "out/reply.wav")
        done = run_python("-c", program, *arguments, folder=tmp_path)
        assert done.code == code, done.err
        if code:
            assert done.err == f"assistant ask: {question} is longer than 60 s, the most that is taken at once; " + (
                "cut it into parts\n"
            )
        return int(done.out.splitlines()[-1]) * 1024

    a_minute = peak_bytes(59, 0)
    # All of it as float samples would take 460 MB.
    assert peak_bytes(7_200, 1) < a_minute + (30 << 20)


@pytest.mark.weights
@pytest.mark.parametrize("kind", ["silence", "white", "pink", "hum", "knocks"])
def test_noise_is_not_speech_to_silero(
    tmp_path: Path, ask: Callable[..., Outcome], weights: Callable[[str], Path], kind: str
) -> None:
    weights("silero-vad")
    question = tmp_path / "question.wav"
    audio.write_wav(question, noise(kind))
    done = ask(question, "--set", "vad.engine=silero", "--set", "vad.model=silero-vad")
    check_refused(done, question, "nothing was said: no speech in 3.0 s of sound")


@pytest.mark.weights
@pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'")  # openai-whisper's
def test_whisper_invents_no_words_where_a_detector_has_taken_noise_for_speech(
    tmp_path: Path, ask: Callable[..., Outcome], weights: Callable[[str], Path]
) -> None:
    weights("whisper-base")
    question = tmp_path / "question.wav"
    audio.write_wav(question, noise("white"))
    done = ask(question, "--set", "stt.engine=whisper", "--set", "stt.model=whisper-base", "--set", "stt.options={}")
    assert (done.code, done.out) == (1, "")
    assert "nothing was said: no words were heard" in done.err
