"""What is compared when recordings are captioned: ours, openai-whisper's own `transcribe`, and faster-whisper."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistant.captions.hearing import HearingOptions, hear
from assistant.workers.worker import Worker
from models.audio import read
from models.protocols import VoiceActivityDetector
from models.types import Segment, Word

# The audio of a benchmark is made by it; an hour is more than any of it.
_LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What one of them made of a recording, and how long it took; models are loaded and warm."""

    segments: tuple[Segment, ...]
    took_s: float

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]


async def by_us(path: Path, stt: Worker, detector: VoiceActivityDetector) -> Transcribed:
    """From the file to sentences with words, as `assistant captions` hears it."""
    segments: list[Segment] = []
    start = time.perf_counter()
    async with aclosing(hear(path, stt, detector, HearingOptions())) as hearing:
        async for heard in hearing:
            segments += heard.segments
    return Transcribed(tuple(segments), time.perf_counter() - start)


class OpenAiWhisper:
    """`whisper.transcribe` with its defaults: greedy, with temperature fallback, conditioned on the text so far."""

    def __init__(self, weights: Path, threads: int) -> None:
        """
        Args:
            weights: folder with model.pt.
        """
        import torch
        import whisper

        torch.set_num_threads(threads)
        self._model = whisper.load_model(str(weights / "model.pt"), device="cpu")

    async def transcribe(self, path: Path, *, word_times: bool) -> Transcribed:
        """In a thread."""
        return await asyncio.to_thread(self._transcribe, path, word_times=word_times)

    def _transcribe(self, path: Path, *, word_times: bool) -> Transcribed:
        import whisper

        start = time.perf_counter()
        # It reads files with the program ffmpeg, which need not be here.
        samples = read(path, longest_s=_LONGEST_S).samples
        found = whisper.transcribe(self._model, samples, fp16=False, word_timestamps=word_times)
        took_s = time.perf_counter() - start
        return Transcribed(tuple(_segments(found["segments"], found["language"])), took_s)


def _segments(found: Iterable[dict[str, Any]], language: str) -> Iterable[Segment]:
    for segment in found:
        words = [Word(w["word"].strip(), w["start"], w["end"], w["probability"]) for w in segment.get("words", [])]
        yield Segment(segment["text"].strip(), segment["start"], segment["end"], language, tuple(words))


class FasterWhisper:
    """faster-whisper's batched pipeline, with word times."""

    def __init__(self, weights: Path, threads: int) -> None:
        """
        Args:
            weights: folder with the same model as CTranslate2 stores it.
        """
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        model = WhisperModel(str(weights), device="cpu", cpu_threads=threads)
        self._pipeline = BatchedInferencePipeline(model)

    @staticmethod
    def is_installed() -> bool:
        return find_spec("faster_whisper") is not None

    async def transcribe(self, path: Path) -> Transcribed:
        """In a thread."""
        return await asyncio.to_thread(self._transcribe, path)

    def _transcribe(self, path: Path) -> Transcribed:
        start = time.perf_counter()
        found, about = self._pipeline.transcribe(str(path), beam_size=1, word_timestamps=True)
        segments = [
            Segment(
                segment.text.strip(),
                segment.start,
                segment.end,
                about.language,
                tuple(Word(w.word.strip(), w.start, w.end, w.probability) for w in segment.words or ()),
            )
            for segment in found
        ]
        return Transcribed(tuple(segments), time.perf_counter() - start)
