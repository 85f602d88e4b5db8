"""What nobody said is not captioned; what somebody did say is, also where it sounds like a phrase of a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.captions.hallucinations import is_said, without_loops
from assistant.captions.hearing import HearingOptions, hear
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import write_wav
from models.registry import create
from models.scripted.speech import spoken
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions, Word, joined
from models.vad.speech_spans import Span

SPEECH = [Span(0.0, 10.0)]


def segment(text: str, probability: float = 0.9, no_speech: float = 0.0, length_s: float = 3.0) -> Segment:
    texts = text.split()
    step_s = length_s / len(texts)
    words = tuple(Word(each, n * step_s, (n + 1) * step_s, probability) for n, each in enumerate(texts))
    return Segment(text, 0.0, length_s, "en", words, -0.2, no_speech)


@pytest.mark.parametrize(
    "text", ["Thanks for watching!", "Thank you.", "Vielen Dank.", "ご視聴ありがとうございました", "Please, subscribe."]
)
def test_a_stock_phrase_is_believed_only_where_it_is_heard_clearly(text: str) -> None:
    assert is_said(segment(text), SPEECH)
    assert not is_said(segment(text, probability=0.4), SPEECH)
    assert not is_said(segment(text, no_speech=0.5), SPEECH)


def test_other_words_are_believed_though_they_are_unclear() -> None:
    assert is_said(segment("Thank you for the bread.", probability=0.4, no_speech=0.5), SPEECH)


@pytest.mark.parametrize("text", ["♪♪♪", "...", "[ ]"])
def test_signs_without_a_letter_are_no_words(text: str) -> None:
    assert not is_said(segment(text), SPEECH)


def test_more_words_than_anybody_can_say_in_the_time_were_not_said() -> None:
    text = "all of these eight words in a click"
    assert is_said(segment(text), SPEECH)
    assert not is_said(segment(text), [Span(0.0, 0.3)])
    assert not is_said(segment(text), [Span(5.0, 9.0)])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("so we go and then. And then, and then" + " and then" * 8 + " we stop", "so we go and then. we stop"),
        ("I was there I was there I was there I was there in May", "I was there in May"),
        ("ha " * 12 + "very funny", "ha very funny"),
        ("no no no no I mean it", "no no no no I mean it"),
        ("row row row your boat row row row your boat", "row row row your boat row row row your boat"),
    ],
)
def test_a_loop_is_said_once_and_repeated_words_stay(text: str, kept: str) -> None:
    assert " ".join(word.text for word in without_loops(segment(text).words)) == kept


class TwoLanguages:
    """Takes sounds shorter than 2 s for Korean, of which it is as sure as it is told, and others for English."""

    def __init__(self, spec: EngineSpec) -> None:
        self._sure_of = spec.options["sure_of"]

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        for index, window in enumerate(windows):
            is_short = window.duration_s < 2.0
            language = options.language or ("ko" if is_short else "en")
            sure = 0.0 if language == self._sure_of or not is_short else -1.0
            text = "yes, it was said" if language == "en" else "예, 맞아요 그렇게 말했어요"
            heard = segment(text, length_s=window.duration_s)
            yield index, replace(heard, language=language, mean_log_probability=sure)


@pytest.mark.parametrize(("sure_of", "languages"), [("en", ["en", "en", "en"]), ("ko", ["en", "ko", "en"])])
async def test_a_short_sound_changes_the_language_only_where_the_other_one_suits_it_less(
    tmp_path: Path, sure_of: str, languages: list[str]
) -> None:
    path = tmp_path / "talk.wav"
    quiet = Audio(spoken(["a"], ["a"], 3.0).samples * 0, 16_000)
    said = [spoken(["a"], ["a"], length_s) for length_s in (6.0, 1.0, 6.0)]
    write_wav(path, joined([part for sound in said for part in (Audio(sound.samples * 4, 16_000), quiet)]))
    spec = EngineSpec("stt", "two-languages", options={"sure_of": sure_of})
    async with Worker(spec, WorkerOptions(mode="inline"), TwoLanguages) as ears:
        hearing = hear(path, ears, create(EngineSpec("vad", "scripted")), HearingOptions())
        segments = [segment async for heard in hearing for segment in heard.segments]
    assert [segment.language for segment in segments] == languages


async def test_a_language_that_was_chosen_is_the_only_one(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    write_wav(path, Audio(spoken(["a"], ["a"], 6.0).samples * 4, 16_000))
    spec = EngineSpec("stt", "two-languages", options={"sure_of": "en"})
    async with Worker(spec, WorkerOptions(mode="inline"), TwoLanguages) as ears:
        hearing = hear(path, ears, create(EngineSpec("vad", "scripted")), HearingOptions(language="ko"))
        segments = [segment async for heard in hearing for segment in heard.segments]
    assert [segment.language for segment in segments] == ["ko"]
