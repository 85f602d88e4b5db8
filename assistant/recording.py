"""A recorded question -> one utterance. All of it blocks; `read_utterance` does so in a thread of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assistant.errors import NothingSaid
from models.audio.file import read
from models.protocols import VoiceActivityDetector
from models.types import Audio
from models.vad.speech_spans import speech_spans

# Silero's spans start a little late on soft consonants; Whisper hears the first word better with some room before it.
_MARGIN_S = 0.2


async def read_utterance(path: Path, detector: VoiceActivityDetector, longest_s: float) -> Audio:
    """The speech of a file; see `spoken_part`.

    Raises:
        AudioError: the file cannot be read as audio, or lasts longer than `longest_s`.
        NothingSaid: it holds no speech.
    """

    def read_and_cut() -> Audio:
        return spoken_part(read(path, detector.sample_rate_hz, longest_s), path, detector)

    return await asyncio.to_thread(read_and_cut)


def spoken_part(recording: Audio, path: Path, detector: VoiceActivityDetector) -> Audio:
    """The recording from its first word to its last, pauses included.

    Args:
        recording: of any rate.
        path: where it comes from, for the error.
        detector: is reset first.

    Raises:
        NothingSaid: it holds no speech.
    """
    spans = list(speech_spans(detector, [recording]))
    if not spans:
        raise NothingSaid(f"{path}: nothing was said: no speech in {recording.duration_s:.1f} s of sound")
    return recording.between(spans[0].start_s - _MARGIN_S, spans[-1].end_s + _MARGIN_S)
