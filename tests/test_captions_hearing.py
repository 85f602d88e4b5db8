"""A recording is heard in stretches: nothing lost between them, times that belong to the file, and a place to go on."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import Clip

from assistant.bench.word_errors import english_words, error_rate
from assistant.captions.hearing import Heard, HearingOptions, hear
from assistant.captions.snapping import snapped
from assistant.captions.stretches import stretches
from assistant.captions.utterances import utterances, without_false_end
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import read, write_wav
from models.registry import create
from models.scripted.speech import spoken
from models.types import Audio, EngineSpec, Segment, Word, joined
from models.vad.speech_spans import Span

RATE = 16_000
PHRASES = "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa".split()
DETECTOR = EngineSpec("vad", "scripted")
EARS = EngineSpec("stt", "scripted", options={"vocabulary": PHRASES})


def silence(duration_s: float) -> Audio:
    return Audio(np.zeros(round(duration_s * RATE), np.float32), RATE)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten minutes: a phrase for 2 s every 6 s, then one that goes on for 90 s, then nothing but silence."""
    parts = [silence(1.0)]
    for number in range(60):
        parts += [spoken([PHRASES[number % len(PHRASES)]], PHRASES, 2.0), silence(4.0)]
    parts += [spoken(["Papa"], PHRASES, 90.0), silence(149.0)]
    path = tmp_path / "long.wav"
    write_wav(path, joined(parts))
    return path


async def heard_in(path: Path, from_s: float = 0.0) -> list[Heard]:
    async with Worker(EARS, WorkerOptions(mode="inline")) as ears:
        return [heard async for heard in hear(path, ears, create(DETECTOR), HearingOptions(), from_s)]


def words(heard: Sequence[Heard]) -> list[Word]:
    return [word for each in heard for segment in each.segments for word in segment.words]


def test_stretches_follow_each_other_without_gaps_and_end_between_words(recording: Path) -> None:
    found = list(stretches(recording, create(DETECTOR), 0.0, threading.Event()))
    assert found[0].start_s == 0.0
    assert all(other.start_s == pytest.approx(one.end_s) for one, other in pairwise(found))
    assert found[-1].end_s == pytest.approx(600.0)
    assert max(stretch.end_s - stretch.start_s for stretch in found) <= 60
    sound = read(recording)
    for stretch in found[:6]:
        assert not np.any(sound.between(stretch.end_s - 0.05, stretch.end_s + 0.05).samples)


async def test_everything_that_is_said_is_heard_once_at_its_time(recording: Path) -> None:
    heard = words(await heard_in(recording))
    assert [word.text for word in heard[:60]] == [PHRASES[number % len(PHRASES)] for number in range(60)]
    for number, word in enumerate(heard[:60]):
        assert word.start_s == pytest.approx(1.0 + 6.0 * number, abs=0.3)
    assert {word.text for word in heard[60:]} == {"Papa"}
    assert heard[60].start_s == pytest.approx(361.0, abs=0.3)
    assert heard[-1].end_s == pytest.approx(451.0, abs=0.3)


async def test_a_run_that_goes_on_from_any_place_hears_the_same_rest(recording: Path) -> None:
    whole = await heard_in(recording)
    for index in (0, 3, len(whole) - 2):
        assert await heard_in(recording, whole[index].until_s) == whole[index + 1 :]


async def test_news_come_at_least_once_a_minute_even_of_silence(recording: Path) -> None:
    times_s = [0.0, *(heard.until_s for heard in await heard_in(recording))]
    assert max(later - earlier for earlier, later in pairwise(times_s)) < 60
    assert times_s[-1] == pytest.approx(600.0)


def test_memory_does_not_grow_with_the_length_of_a_recording(tmp_path: Path) -> None:
    peaks_mb = []
    for rounds in (20, 120):
        path = tmp_path / "long.wav"
        write_wav(path, joined([spoken(["Papa"], PHRASES, 5.0), silence(4.0)] * rounds))
        tracemalloc.start()
        for stretch in stretches(path, create(DETECTOR), 0.0, threading.Event()):
            assert stretch.sounds
        peaks_mb.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    # The longer file alone has 58 MB of samples more.
    assert peaks_mb[1] < peaks_mb[0] + 10


async def test_whoever_stops_listening_leaves_nothing_behind(recording: Path) -> None:
    async with Worker(EARS, WorkerOptions(mode="inline")) as ears:
        hearing = hear(recording, ears, create(DETECTOR), HearingOptions())
        await anext(hearing)
        await hearing.aclose()
        assert not ears.busy
        assert not ears.waiting


def timed(*words_at: tuple[str, float, float]) -> list[Word]:
    return [Word(text, start_s, end_s, 1.0) for text, start_s, end_s in words_at]


def test_a_word_does_not_begin_or_end_in_silence() -> None:
    early_and_late = timed(("Hello", 0.2, 1.4), ("world", 1.4, 2.9), ("again", 3.4, 4.6))
    moved = snapped(early_and_late, [Span(0.5, 2.5), Span(3.3, 4.5)])
    assert [(word.start_s, word.end_s) for word in moved] == [(0.5, 1.4), (1.4, 2.5), (3.3, 4.5)]


def test_words_keep_their_order_and_some_length_whatever_their_times() -> None:
    odd = timed(("a", 1.0, 1.0), ("b", 0.9, 0.8), ("c", 1.0, 1.0), ("d", 9.0, 9.5))
    moved = snapped(odd, [Span(0.0, 2.0)])
    assert [word.text for word in moved] == ["a", "b", "c", "d"]
    assert all(word.end_s > word.start_s for word in moved)
    assert all(later.start_s >= earlier.end_s for earlier, later in pairwise(moved))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Quilter is here. We are glad.", ["Mr. Quilter is here.", "We are glad."]),
        ("What? Nothing! Good.", ["What?", "Nothing!", "Good."]),
        ("no end", ["no end"]),
        ("これは本です。あれも本です。", ["これは本です。", "あれも本です。"]),
    ],
)
def test_a_stretch_of_speech_is_told_in_sentences(text: str, expected: list[str]) -> None:
    pieces = text.split() if " " in text else list(text.replace("。", ""))
    if " " not in text:
        pieces = [*"これは本", "です。", *"あれも本", "です。"]
    spoken_words = tuple(Word(piece, index * 0.5, index * 0.5 + 0.5, 1.0) for index, piece in enumerate(pieces))
    found = list(utterances(Segment(text, 0.0, 9.0, "en", spoken_words)))
    assert [sentence.text for sentence in found] == expected
    assert tuple(word for sentence in found for word in sentence.words) == spoken_words


@pytest.mark.parametrize(
    ("last", "pause_s", "first", "language", "expected"),
    [
        ("considered.", 0.3, "as", "en", "considered"),
        ("considered.", 0.3, "As", "en", "considered."),
        ("considered.", 1.5, "as", "en", "considered."),
        ("considered.", 0.3, "als", "de", "considered."),
        ("considered?", 0.3, "as", "en", "considered?"),
        ("considered...", 0.3, "as", "en", "considered..."),
        ("p.m.", 0.3, "as", "en", "p.m."),
    ],
)
def test_a_window_ends_with_a_full_stop_only_where_the_sentence_does(
    last: str, pause_s: float, first: str, language: str, expected: str
) -> None:
    part = Segment(f"be {last}", 0.0, 2.0, "en", (Word("be", 0.0, 1.0, 0.9), Word(last, 1.0, 2.0, 0.9)))
    at_s = 2.0 + pause_s
    following = Segment(first, at_s, at_s + 1.0, language, (Word(first, at_s, at_s + 1.0, 0.9),))
    found = without_false_end(part, following)
    assert found.text == f"be {expected}"
    assert [word.text for word in found.words] == ["be", expected]


@pytest.mark.weights
@pytest.mark.filterwarnings(r"ignore:unclosed file .*english\.json:ResourceWarning")  # Whisper's
async def test_real_speech_between_noise_and_silence_is_heard_and_nothing_else(
    tmp_path: Path, speech: Sequence[Clip], weights: Callable[[str], Path]
) -> None:
    clips = [clip for clip in speech if clip.language == "en"][:4]
    noise = Audio(np.random.default_rng(0).normal(0, 0.02, 20 * RATE).astype(np.float32), RATE)
    parts: list[Audio] = [noise]
    starts_s = []
    for clip in clips:
        starts_s.append(sum(part.duration_s for part in parts))
        parts += [read(clip.path), silence(3.0)]
    path = tmp_path / "programme.wav"
    write_wav(path, joined([*parts, noise, silence(20.0)]))
    spec = EngineSpec("stt", "whisper", "whisper-base", weights("whisper-base"), threads=2)
    detector = create(EngineSpec("vad", "silero", "silero-vad", weights("silero-vad")))
    async with Worker(spec) as ears:
        heard = [each async for each in hear(path, ears, detector, HearingOptions())]
    segments = [segment for each in heard for segment in each.segments]
    tidy = english_words()
    said = tidy(" ".join(clip.transcript for clip in clips))
    assert error_rate([(said, tidy(" ".join(segment.text for segment in segments)))]) < 0.1
    assert segments[0].start_s > 19.5
    firsts = [min(segments, key=lambda segment: abs(segment.start_s - start_s)).start_s for start_s in starts_s]
    for first_s, clip, start_s in zip(firsts, clips, starts_s, strict=True):
        assert -0.2 < first_s - start_s < 1.0, clip.path.name  # the clips begin with up to 0.5 s of silence
