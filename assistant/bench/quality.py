"""How well recordings are heard, and how well the assistant's own speech is understood."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from assistant.bench.measure import Spread, spread
from assistant.bench.progress import counted
from assistant.bench.word_errors import characters, english_words, error_count, error_rate
from assistant.errors import ProfileError
from assistant.stages import Stages
from models.audio import read
from models.types import Audio, Segment, TranscribeOptions, joined

SILENCE_S = 0.25  # about what a microphone records before a word


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded sentence and what is said in it.

    Attributes:
        words: each with its start in seconds from the start of the recording; empty where these are not known.
    """

    path: Path
    language: str
    transcript: str
    words: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Hearing:
    """How well recordings are heard.

    Attributes:
        english_wer: word error rate over the English recordings under Whisper's normaliser.
        other_cer: character error rate by language.
        languages_recognised: "7 of 7", of the recordings that are not English.
        rtf: processing time over duration of audio.
    """

    recordings: int
    english_wer: float | None
    other_cer: dict[str, float]
    languages_recognised: str
    rtf: Spread


@dataclass(frozen=True, slots=True)
class Speaking:
    """How well the assistant is understood: its speech, heard again by the same recogniser."""

    sentences: int
    wer: float
    rtf: Spread
    first_chunk_s: Spread
    misheard: list[tuple[str, str]]


def load_recordings(folder: Path) -> list[Recording]:
    """The recordings that `manifest.jsonl` of a folder lists: file, language, transcript, perhaps words with times.

    Raises:
        ProfileError: there is no such file, or a line of it lacks a key.
    """
    manifest = folder / "manifest.jsonl"
    try:
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [
            Recording(
                folder / row["file"],
                row["language"],
                row["transcript"],
                tuple((text, float(start_s)) for text, start_s, _ in row.get("words", ())),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError) as error:
        raise ProfileError(f"{manifest}: expected lines with file, language and transcript: {error}") from error


def load_sentences() -> list[tuple[str, list[str]]]:
    """The sentences that ship with the benchmark: (as written, spellings of what is said)."""
    text = resources.files("assistant.bench").joinpath("sentences.toml").read_text(encoding="utf-8")
    sentences: list[tuple[str, list[str]]] = []
    for row in tomllib.loads(text)["sentences"]:
        said = row.get("said", row["text"])
        sentences.append((row["text"], [said] if isinstance(said, str) else said))
    return sentences


async def measure_hearing(stages: Stages, recordings: Sequence[Recording]) -> Hearing:
    """Transcribes each recording without being told its language."""
    words, letters = english_words(), characters()
    english: list[tuple[list[str], list[str]]] = []
    other: dict[str, list[tuple[list[str], list[str]]]] = {}
    factors: list[float] = []
    recognised = 0
    for recording in counted(recordings, "hearing"):
        audio = read(recording.path)
        segments, took_s = await _transcribe(stages, audio, TranscribeOptions())
        text = _text(segments)
        factors.append(took_s / audio.duration_s)
        if recording.language == "en":
            english.append((words(recording.transcript), words(text)))
            continue
        other.setdefault(recording.language, []).append((letters(recording.transcript), letters(text)))
        recognised += bool(segments) and segments[0].language == recording.language
    rates = {language: round(error_rate(pairs), 4) for language, pairs in other.items()}
    total = sum(len(pairs) for pairs in other.values())
    wer = round(error_rate(english), 4) if english else None
    return Hearing(len(recordings), wer, rates, f"{recognised} of {total}", spread(factors))


async def measure_speaking(stages: Stages, sentences: Sequence[tuple[str, Sequence[str]]]) -> Speaking:
    """Speaks each sentence with the chosen voice and hears it again."""
    words = english_words()
    voice = await stages.voice("en")
    pairs: list[tuple[list[str], list[str]]] = []
    misheard: list[tuple[str, str]] = []
    factors: list[float] = []
    firsts: list[float] = []
    for written, said in counted(sentences, "speaking"):
        start = time.perf_counter()
        chunks: list[Audio] = []
        async for chunk in voice.worker.stream("speak", written, voice.options):
            if not chunks:
                firsts.append(time.perf_counter() - start)
            chunks.append(chunk)
        audio = joined(chunks)
        factors.append((time.perf_counter() - start) / audio.duration_s)
        segments, _ = await _transcribe(stages, _after_silence(audio), TranscribeOptions(language="en"))
        heard = words(_text(segments))
        reference = min(map(words, said), key=lambda spelling: error_count(spelling, heard))
        pairs.append((reference, heard))
        if reference != heard:
            misheard.append((said[0], _text(segments)))
    return Speaking(len(pairs), round(error_rate(pairs), 4), spread(factors), spread(firsts), misheard)


def _after_silence(audio: Audio) -> Audio:
    """As a listener hears it: no speech begins with the first sample, and Whisper misses a first word that does."""
    silence = np.zeros(round(SILENCE_S * audio.sample_rate_hz), np.float32)
    return joined([Audio(silence, audio.sample_rate_hz), audio])


async def _transcribe(stages: Stages, audio: Audio, options: TranscribeOptions) -> tuple[list[Segment], float]:
    start = time.perf_counter()
    segments = [segment async for segment in stages.stt.stream("transcribe", audio, options)]
    return segments, time.perf_counter() - start


def _text(segments: Sequence[Segment]) -> str:
    return " ".join(segment.text for segment in segments)
