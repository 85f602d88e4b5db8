"""Whether memory depends on how long a recording is."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.bench.measure import watched_memory
from assistant.bench.programme import speech_programme
from assistant.bench.quality import Recording
from assistant.bench.recognisers import by_us
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import resample, to_pcm16
from models.protocols import VoiceActivityDetector
from models.types import EngineSpec

_SHORT_S, _LONG_S = 300.0, 5 * 3600.0
_RATE_HZ = 8_000  # half of the disk space; it is resampled as any other


@dataclass(frozen=True, slots=True)
class CaptionMemory:
    """Of this process while it hears a file: reading, voice activity detection, windows, words.

    The engine is a scripted one, which writes a sentence for each window: Whisper would take most of an hour. Its
    process is given a minute at a time whatever the length; what it needs for that is the memory of the part speech.

    Attributes:
        short_s, long_s: of the two files; the long one is the short one again and again.
        short_peak_mb, long_peak_mb: of this process.
        segments: that were kept of the long one.
    """

    short_s: float
    long_s: float
    short_peak_mb: float
    long_peak_mb: float
    segments: int


async def measure_memory(
    recordings: Sequence[Recording], detector: VoiceActivityDetector, folder: Path
) -> CaptionMemory:
    """Hears five minutes, then five hours.

    Args:
        detector: a real one; it is used for both.
        folder: with room for 300 MB.
    """
    audio = speech_programme(recordings, _SHORT_S).audio.between(0, _SHORT_S)
    pcm = to_pcm16(resample(audio, _RATE_HZ))
    path = folder / "long.wav"
    line = "Nobody said these words but they are as many as somebody might say in so much time."
    async with Worker(EngineSpec("stt", "scripted", options={"lines": [line]}), WorkerOptions(mode="inline")) as stt:
        _write_again_and_again(path, pcm, 1)
        async with watched_memory() as short:
            await by_us(path, stt, detector)
        _write_again_and_again(path, pcm, round(_LONG_S / _SHORT_S))
        async with watched_memory() as long:
            heard = await by_us(path, stt, detector)
    path.unlink()
    return CaptionMemory(_SHORT_S, _LONG_S, round(short.peak_mb, 1), round(long.peak_mb, 1), len(heard.segments))


def _write_again_and_again(path: Path, pcm: bytes, times: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, _RATE_HZ, 0, "NONE", ""))
        for _ in range(times):
            file.writeframes(pcm)
