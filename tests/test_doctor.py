"""`assistant doctor`: what works, what is missing, how to get it, and whether the profile can run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command import SCRIPTED, Outcome, run_here, run_python


def line(done: Outcome, subject: str) -> str:
    """The one line about a subject."""
    (found,) = (line for line in done.out.splitlines() if line[2:].startswith(f"{subject} "))
    return found


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    folder = tmp_path / "store"
    monkeypatch.setenv("ASSISTANT_STORE", str(folder))
    return folder


def test_a_profile_that_can_run_is_exit_code_zero(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_here(capsys, "doctor", *SCRIPTED)
    assert (done.code, done.err) == (0, "")
    for subject in ("Python", "processor", "weights", "echo none", "vad scripted", "stt scripted", "voice tone"):
        assert line(done, subject).startswith("✓")
    assert str(store) in line(done, "weights")
    assert not store.exists()


def test_missing_weights_are_named_with_the_command_that_fetches_them(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_here(capsys, "doctor", "--profile", "embedded", "--set", "workers.mode=thread")
    assert (done.code, done.err) == (1, "")
    for subject, model in [
        ("vad silero", "silero-vad"),
        ("stt whisper", "whisper-base"),
        ("llm transformers", "smollm2-135m-instruct"),
        ("voice joe", "piper-joe"),
    ]:
        assert line(done, subject).startswith("↓")
        assert f"get it with: assistant models pull {model}\n" in done.out
    assert "The profile embedded fetches what is marked ↓ when it is first run." in done.out
    assert done.out.endswith("    assistant models pull --profile embedded\n")
    assert not store.exists()


def test_without_espeak_ng_a_profile_that_needs_it_cannot_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    chosen = ("--set", "tts.voices.tone.engine=espeak")
    done = run_here(capsys, "doctor", *SCRIPTED, *chosen)
    assert done.code == 1
    assert line(done, "espeak-ng").startswith("–")
    assert "get it with: sudo apt install espeak-ng" in done.out or "brew install espeak-ng" in done.out
    assert line(done, "voice tone").startswith("✗")
    assert "espeak-ng is not installed" in line(done, "voice tone")


def test_a_voice_that_is_not_the_chosen_one_may_be_missing(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spare = ("--set", "tts.voices.spare.engine=coqui", "--set", "tts.voices.spare.model=piper-joe")
    done = run_here(capsys, "doctor", *SCRIPTED, *spare)
    assert done.code == 0
    assert line(done, "voice spare").startswith("–")
    assert "get it with: assistant models pull piper-joe" in done.out


def test_an_engine_says_itself_what_is_wrong_with_its_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "silero_vad_16k_op15.onnx").write_bytes(b"not a network")
    own = ("--set", "vad.engine=silero", "--set", f"vad.model={tmp_path}")
    done = run_here(capsys, "doctor", *SCRIPTED, *own)
    assert done.code == 1
    assert "cannot be loaded as Silero VAD" in line(done, "vad silero")


@pytest.mark.weights
def test_damaged_weights_are_named_with_the_command_that_mends_them(
    weights: Callable[[str], Path], store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(weights("silero-vad"), store / "silero-vad")
    network = store / "silero-vad" / "silero_vad_16k_op15.onnx"
    network.write_bytes(bytes(network.stat().st_size))
    done = run_here(capsys, "doctor", *SCRIPTED, "--set", "vad.engine=silero", "--set", "vad.model=silero-vad")
    assert line(done, "vad silero").startswith("✗")
    assert "get it with: assistant models pull silero-vad\n" in done.out


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        ("stt.options.line=[]", "stt scripted", 'unknown key "line"'),
        ("llm.engine=scripd", "llm scripd", 'did you mean "scripted"?'),
        ("stt.engine=whisper", "stt whisper", 'there is no model ""'),
        ("tts.sped=2", "profile scripted", 'unknown key "sped"'),
    ],
)
def test_a_mistake_in_the_profile_is_found(
    store: Path, capsys: pytest.CaptureFixture[str], change: str, subject: str, says: str
) -> None:
    done = run_here(capsys, "doctor", *SCRIPTED, "--set", change)
    assert done.code == 1
    assert line(done, subject).startswith("✗")
    assert says in line(done, subject)


@pytest.mark.weights
def test_the_default_profile_runs_once_its_weights_are_here(weights: Callable[[str], Path], tmp_path: Path) -> None:
    for name in ("silero-vad", "smart-turn-v3.2", "whisper-base", "smollm2-135m-instruct", "piper-joe"):
        weights(name)
    done = run_python("-m", "assistant", "doctor", folder=tmp_path)
    assert (done.code, done.err) == (0, ""), done.out
    for subject in ("echo webrtc", "vad silero", "turn smart-turn", "stt whisper", "llm transformers", "voice joe"):
        assert line(done, subject).startswith("✓")
        assert " ready in " in line(done, subject)


def test_the_models_that_stand_beside_the_one_for_pictures_are_missed_as_well(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside = ("--set", 'image.options.regions={folder="CIDAS/clipseg-rd64-refined"}')
    done = run_here(capsys, "doctor", *SCRIPTED, *beside)
    assert line(done, "image scripted") == "– image scripted          CIDAS/clipseg-rd64-refined is not fetched yet"
    assert "get it with: assistant models pull CIDAS/clipseg-rd64-refined\n" in done.out
