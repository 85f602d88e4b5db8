"""Several languages in one recording: each is written as itself, also where one follows the other at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

import pytest

from assistant.captions.hearing import HearingOptions, hear
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import write_wav
from models.registry import create
from models.scripted.speech import spoken
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions, Word, joined

LOUD, SOFT = 6.0, 3.0  # how the languages of these tests sound: English is loud, Korean is soft
SAID = {"en": "yes, so it is.", "ko": "예, 그렇습니다 정말로."}


class OneLanguageAtOnce:
    """Hears, as Whisper does, only the first language of a window, and is less sure of that than of one alone."""

    def __init__(self, spec: EngineSpec) -> None:
        self._sure = float(str(spec.options["sure"]))
        self._level = float(abs(spoken(["a"], ["a"], 1.0).samples).max())

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        for index, window in enumerate(windows):
            seconds = [window.between(at_s, at_s + 0.1).samples.max() for at_s in range(int(window.duration_s))]
            is_loud = [level > (LOUD + SOFT) / 2 * self._level for level in seconds if level > 0.01]
            language = options.language or ("en" if is_loud[0] else "ko")
            length_s = len(list(takewhile(is_loud[0].__eq__, is_loud))) + 0.5
            texts = SAID[language].split()
            words = tuple(
                Word(text, n * length_s / len(texts), (n + 1) * length_s / len(texts), 0.9)
                for n, text in enumerate(texts)
            )
            sure = self._sure if window.duration_s > 7.0 else 0.95
            yield index, Segment(SAID[language], 0.0, length_s, language, words, language_probability=sure)


@pytest.mark.parametrize(
    ("levels", "sure", "languages"),
    [
        ((LOUD, SOFT), 0.6, ["en", "ko"]),
        ((SOFT, LOUD), 0.6, ["ko", "en"]),
        ((LOUD, SOFT), 0.99, ["en", "ko"]),  # sure of the language, and yet half of it is left out
        ((SOFT, LOUD, SOFT), 0.99, ["ko", "en", "ko"]),
        ((LOUD, LOUD), 0.6, ["en"]),  # what is in one language stays whole
    ],
)
async def test_a_language_that_begins_within_a_window_is_heard_in_its_own_part(
    tmp_path: Path, levels: Sequence[float], sure: float, languages: list[str]
) -> None:
    path = tmp_path / "talk.wav"
    said = spoken(["a"], ["a"], 4.0)
    pause = Audio(spoken(["a"], ["a"], 0.8).samples * 0, 16_000)
    write_wav(path, joined([part for level in levels for part in (Audio(said.samples * level, 16_000), pause)]))
    spec = EngineSpec("stt", "one-at-once", options={"sure": sure})
    async with Worker(spec, WorkerOptions(mode="inline"), OneLanguageAtOnce) as ears:
        hearing = hear(path, ears, create(EngineSpec("vad", "scripted")), HearingOptions())
        segments = [segment async for heard in hearing for segment in heard.segments]
    assert [segment.text for segment in segments] == [SAID[language] for language in languages]
    assert [segment.language for segment in segments] == languages
    assert [segment.start_s for segment in segments] == sorted(segment.start_s for segment in segments)
