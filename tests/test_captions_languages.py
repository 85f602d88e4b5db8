"""Several languages in one recording: each is written as itself, also where one follows the other at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.captions.hearing import HearingOptions, hear
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import write_wav
from models.registry import create
from models.scripted.speech import spoken
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions, Word, joined

LOUD, SOFT = 6.0, 3.0  # how the languages of these tests sound: English is loud, Korean is soft


class OneLanguageAtOnce:
    """Hears, as Whisper does, only the first language of a window, and is less sure of that than of one alone."""

    def __init__(self, spec: EngineSpec) -> None:
        self._sure = float(str(spec.options["sure"]))
        self._loudest = float(abs(spoken(["a"], ["a"], 1.0).samples).max()) * LOUD

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        for index, window in enumerate(windows):
            is_whole = window.duration_s > 7.0
            first = abs(window.between(0.0, 3.0).samples).max()
            language = options.language or ("en" if first > 0.75 * self._loudest else "ko")
            words = (Word("예" if language == "ko" else "yes", 0.0, 1.0, 0.9),)
            sure = self._sure if is_whole else 0.95
            yield index, Segment(words[0].text, 0.0, 1.0, language, words, language_probability=sure)


@pytest.mark.parametrize(
    ("levels", "sure", "texts"),
    [
        ((LOUD, SOFT), 0.6, ["yes", "예"]),
        ((SOFT, LOUD), 0.6, ["예", "yes"]),
        ((LOUD, SOFT), 0.99, ["yes"]),  # nothing is heard again where the language is sure
        ((LOUD, LOUD), 0.6, ["yes"]),  # what is in one language stays whole
    ],
)
async def test_a_language_that_begins_within_a_window_is_heard_in_its_own_part(
    tmp_path: Path, levels: Sequence[float], sure: float, texts: list[str]
) -> None:
    path = tmp_path / "talk.wav"
    said = spoken(["a"], ["a"], 5.0)
    pause = Audio(spoken(["a"], ["a"], 0.8).samples * 0, 16_000)
    write_wav(path, joined([part for level in levels for part in (Audio(said.samples * level, 16_000), pause)]))
    spec = EngineSpec("stt", "one-at-once", options={"sure": sure})
    async with Worker(spec, WorkerOptions(mode="inline"), OneLanguageAtOnce) as ears:
        hearing = hear(path, ears, create(EngineSpec("vad", "scripted")), HearingOptions())
        segments = [segment async for heard in hearing for segment in heard.segments]
    assert [segment.text for segment in segments] == texts
