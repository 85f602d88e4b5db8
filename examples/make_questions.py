"""Makes the spoken questions in `examples/questions`: with voices that are not the assistant's own.

    python examples/make_questions.py

English is spoken by hibari (pip install hibari-tts), Spanish by espeak-ng, or where there is more to understand than
one question, by SVOX Pico (pip install py-nanotts; Apache-2.0), which is no engine of the assistant. There are no more
languages because Whisper base does not understand espeak-ng's French and German, and little of Pico's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models import registry
from models.audio import SPEECH_RATE_HZ, resample, write_wav
from models.types import Audio, EngineSpec, SpeakOptions, joined

FOLDER = Path(__file__).parent / "questions"
SEED = 1  # the same files each time
PEAK = 0.5  # as loud as a person near a microphone
PICO_RATE_HZ = 16_000  # as its documentation says
PICO_SPEED = 0.85  # as people speak to a machine; at its own speed Whisper base mishears it
SILENCE_S = 0.3  # before and after, as in any recording


@dataclass(frozen=True)
class Question:
    """One recording: its file, what is asked, and by which engine of the stage "tts", or "pico", and which
    of its speakers."""

    file: str
    transcript: str
    language: str = "en"
    voice: str = "hibari"
    speaker: str = ""


QUESTIONS = (
    Question("capital.wav", "What is the capital of France?"),
    Question("week.wav", "How many days are there in a week?"),
    Question("sky.wav", "What color is the sky?"),
    Question("largest_planet.wav", "What is the largest planet in the solar system?"),
    Question("water.wav", "At what temperature does water boil?"),
    Question("story.wav", "Can you tell me a short story about a cat?"),
    Question("capital_es.wav", "¿Cuál es la capital de España?", "es", "espeak", "f3"),
)


def make(question: Question) -> Audio:
    spoken = pico(question) if question.voice == "pico" else by_engine(question)
    samples = resample(spoken, SPEECH_RATE_HZ).samples
    silence = np.zeros(round(SILENCE_S * SPEECH_RATE_HZ), np.float32)
    return Audio(np.concatenate([silence, samples * (PEAK / np.abs(samples).max()), silence]), SPEECH_RATE_HZ)


def by_engine(question: Question) -> Audio:
    options = {"seed": SEED} if question.voice == "hibari" else {}
    engine = registry.create(EngineSpec("tts", question.voice, options=options))
    return joined(engine.speak(question.transcript, SpeakOptions(question.language, question.speaker)))


def pico(question: Question) -> Audio:
    from py_nanotts import NanoTTS

    pcm = NanoTTS().speak(question.transcript, voice=question.speaker, speed=PICO_SPEED)
    return Audio(np.frombuffer(pcm, "<i2").astype(np.float32) / 2**15, PICO_RATE_HZ)


def write(folder: Path, questions: Iterable[Question]) -> None:
    """The recordings, and a manifest of them."""
    folder.mkdir(exist_ok=True)
    rows = []
    for question in questions:
        write_wav(folder / question.file, make(question))
        print(f"{question.file}: {question.transcript}")
        rows.append(json.dumps(asdict(question), ensure_ascii=False))
    (folder / "manifest.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER, QUESTIONS)
