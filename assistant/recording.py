"""A recorded question -> one utterance. Reading and voice activity block, so both run in a thread of their own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assistant.errors import NothingSaid
from models.audio_file import read
from models.protocols import VoiceActivityDetector
from models.speech_spans import speech_spans
from models.types import Audio

# Silero's spans start a little late on soft consonants; Whisper hears the first word better with some room before it.
_MARGIN_S = 0.2


async def read_utterance(path: Path, detector: VoiceActivityDetector, longest_s: float) -> Audio:
    """The speech of a file, from its first word to its last, pauses included.

    Raises:
        AudioError: the file cannot be read as audio, or lasts longer than `longest_s`.
        NothingSaid: it holds no speech.
    """
    return await asyncio.to_thread(_read_utterance, path, detector, longest_s)


def _read_utterance(path: Path, detector: VoiceActivityDetector, longest_s: float) -> Audio:
    audio = read(path, detector.sample_rate_hz, longest_s)
    spans = list(speech_spans(detector, [audio]))
    if not spans:
        raise NothingSaid(f"{path}: nothing was said: no speech in {audio.duration_s:.1f} s of sound")
    return audio.between(spans[0].start_s - _MARGIN_S, spans[-1].end_s + _MARGIN_S)
