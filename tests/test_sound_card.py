"""`assistant talk` on a real sound card API: PulseAudio, PortAudio, and nothing simulated in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import CHECKOUT
from contract_engines import heard as passed_on
from pulse_card import PulseCard, missing_programs, pulse_card

from assistant.bench.word_errors import english_words, error_rate
from models.audio import SPEECH_RATE_HZ, read
from models.registry import create
from models.types import Audio, EngineSpec, TranscribeOptions

QUESTIONS = CHECKOUT / "examples" / "questions"
DEADLINE_S = 120.0
SCRIPTED = ("--profile", "scripted")
# About 20 s of speech: nobody waits for its end by accident.
LONG_REPLY = (
    "I could tell you a lot about that. " + "The river is wide, the water is cold, and the boats are slow. " * 6
)

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())}"),
]


@dataclass(frozen=True)
class Talking:
    """A conversation that is under way."""

    log: Path

    def events(self, kind: str) -> list[dict[str, Any]]:
        lines = self.log.read_text("utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == kind]

    def wait_for(self, kind: str, number: int = 1) -> dict[str, Any]:
        """The event of this kind that has this number, once it has happened."""
        wait_until(lambda: len(self.events(kind)) >= number, f"{kind} {number}")
        return self.events(kind)[number - 1]


@pytest.fixture
def card() -> Iterator[PulseCard]:
    with pulse_card() as running:
        yield running


@contextmanager
def talk(card: PulseCard, folder: Path, *options: str) -> Iterator[Talking]:
    """Runs the command while the block runs, and ends it with Ctrl-C."""
    log, output = folder / "events.jsonl", folder / "output.txt"
    command = [sys.executable, "-m", "assistant", "talk", "--events", str(log), *options]
    with output.open("w") as printed:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=card.env, stdout=printed, stderr=printed)
    try:
        wait_until(lambda: "Ctrl-C" in output.read_text() or process.poll() is not None, "listening")
        assert process.poll() is None, output.read_text()
        yield Talking(log)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == 0, output.read_text()
        assert output.read_text().endswith("Goodbye.\n")
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S:g} s: {what}"
        time.sleep(0.05)


def sounding_s(audio: Audio) -> float:
    """How long there was sound, in steps of 20 ms."""
    size = audio.sample_rate_hz // 50
    frames = audio.samples[: len(audio.samples) // size * size].reshape(-1, size)
    return float(np.sum(np.abs(frames).max(axis=1) > 0.01)) / 50


# openai-whisper leaves files open that it has read.
@pytest.mark.filterwarnings(r"ignore:unclosed file .*english\.json:ResourceWarning")
@pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*(english\.json|\.tiktoken)'")
@pytest.mark.weights
def test_a_question_into_the_microphone_is_answered_by_the_loudspeaker(
    card: PulseCard, tmp_path: Path, weights: Callable[[str], Path]
) -> None:
    recording = tmp_path / "loudspeaker.wav"
    with talk(card, tmp_path, "--set", "conversation.language=en") as talking, card.recording(recording):
        card.say(QUESTIONS / "capital.wav")
        reply = talking.wait_for("TurnEnded")["reply"]
    assert "france" in talking.events("FinalTranscript")[0]["text"].lower()
    whisper = create(EngineSpec("stt", "whisper", "whisper-base", weights("whisper-base"), threads=2))
    options = TranscribeOptions(language="en")
    items = whisper.transcribe(read(recording, SPEECH_RATE_HZ), options)
    heard = " ".join(segment.text for segment in passed_on(items))
    words = english_words()
    # By letters: "France is" and "Francis" are one sound, and a short reply has few words.
    assert error_rate([(" ".join(words(reply)), " ".join(words(heard)))]) <= 0.35, (reply, heard)


@pytest.mark.weights
def test_who_speaks_over_a_reply_silences_the_loudspeaker(
    card: PulseCard, tmp_path: Path, weights: Callable[[str], Path]
) -> None:
    recording = tmp_path / "loudspeaker.wav"
    replies = json.dumps([LONG_REPLY, "All right."])
    script = ("--set", "llm.engine=scripted", "--set", f"llm.options={{replies={replies}}}")
    # The card has no way from its loudspeaker to its microphone, as headphones have none.
    options = ("--headphones", "--set", "conversation.language=en", *script)
    with talk(card, tmp_path, *options) as talking, card.recording(recording):
        card.say(QUESTIONS / "water.wav")
        talking.wait_for("SpokenAudio")
        card.say(QUESTIONS / "largest_planet.wav")
        interrupted = talking.wait_for("Interrupted")
        talking.wait_for("TurnEnded")
    kinds = [event["event"] for event in map(json.loads, talking.log.read_text("utf-8").splitlines())]
    ducked, stopped = kinds.index("Ducked"), kinds.index("Interrupted")
    assert ducked < stopped
    assert LONG_REPLY.startswith(interrupted["heard"])
    spoken_s = sum(event["audio"]["duration_s"] for event in talking.events("SpokenAudio"))
    assert 0.5 < sounding_s(read(recording)) < spoken_s


def test_a_sound_server_that_goes_and_comes_back_does_not_end_the_conversation(card: PulseCard, tmp_path: Path) -> None:
    with talk(card, tmp_path, *SCRIPTED) as talking:
        card.say(QUESTIONS / "capital.wav")
        talking.wait_for("TurnEnded")
        card.stop()
        talking.wait_for("Notice")
        card.start()
        talking.wait_for("Notice", number=2)
        card.say(QUESTIONS / "capital.wav")
        talking.wait_for("TurnEnded", number=2)
    assert [event["text"] for event in talking.events("Notice")] == [
        "A sound device is gone. The conversation goes on when it is back.",
        "The sound devices are back.",
    ]
