"""Real recordings, real Whisper: languages that change, words at their times, and nothing where nobody speaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from conftest import Clip

from assistant.bench.programme import Programme, apart, without_speech
from assistant.bench.quality import load_recordings
from assistant.bench.word_errors import matches
from assistant.captions.hearing import HearingOptions, hear
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import write_wav
from models.registry import create
from models.types import EngineSpec, Segment

pytestmark = [
    pytest.mark.weights,
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'"),
]


@pytest_asyncio.fixture
async def ears(weights: Callable[[str], Path]) -> AsyncIterator[Worker]:
    spec = EngineSpec("stt", "whisper", "whisper-base", weights("whisper-base"), device="cpu")
    async with Worker(spec, WorkerOptions(mode="thread")) as worker:
        yield worker


@pytest.fixture
def several(speech: Sequence[Clip]) -> Programme:
    """Two recordings in English, two in Japanese and French, whose words have times."""
    recordings = {recording.path.name: recording for recording in load_recordings(speech[0].path.parent)}
    return apart([recordings[f"pv_{language}.wav"] for language in ("en", "ja", "fr", "en")], 2.6)


async def test_each_language_is_written_as_itself_and_each_word_at_its_time(
    tmp_path: Path, ears: Worker, several: Programme, weights: Callable[[str], Path]
) -> None:
    write_wav(tmp_path / "several.wav", several.audio)
    segments = await heard(tmp_path / "several.wav", ears, weights)
    for placed in several.placed:
        end_s = placed.start_s + 6
        inside = [segment for segment in segments if placed.start_s <= segment.start_s < end_s]
        assert {segment.language for segment in inside} == {placed.recording.language}
    words = [word for segment in segments for word in segment.words]
    truth = [(text, p.start_s + start_s) for p in several.placed for text, start_s in p.recording.words]
    pairs = matches([text for text, _ in truth], [word.text for word in words])
    assert len(pairs) > 0.7 * len(truth)
    off_s = [abs(words[ours].start_s - truth[theirs][1]) for theirs, ours in pairs]
    assert np.median(off_s) <= 0.15
    assert np.percentile(off_s, 95) <= 0.5


async def test_silence_noise_and_music_give_no_words(
    tmp_path: Path, ears: Worker, weights: Callable[[str], Path]
) -> None:
    write_wav(tmp_path / "nothing.wav", without_speech(120.0, seed=1))
    assert await heard(tmp_path / "nothing.wav", ears, weights) == []


async def heard(path: Path, ears: Worker, weights: Callable[[str], Path]) -> list[Segment]:
    detector = create(EngineSpec("vad", "silero", "silero-vad", weights("silero-vad")))
    return [segment async for each in hear(path, ears, detector, HearingOptions()) for segment in each.segments]
