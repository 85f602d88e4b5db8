"""Captions of what lies behind links, good and bad, and copies of films with their captions."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from captions_folder import ENGINES, VOCABULARY, files_in, recording, words_in
from command import DEADLINE_S, run_here
from media_server import BAD_ITEMS, MediaServer, Page, serving, sound_file
from videos import luma, track, video

from assistant.captions.batch import Batch
from assistant.captions.hearing import HearingOptions
from assistant.captions.jobs import Job, JobTable, State
from assistant.captions.listening import Ear
from assistant.captions.settings import BatchSettings
from assistant.captions.summary import BatchEvent, ItemRetried, Outcome, Result
from assistant.sources.expand import expand
from assistant.sources.item import Item, Reason
from assistant.sources.rules import SourceRules
from assistant.workers.worker import Worker, WorkerOptions
from models.errors import LanguageUnknown
from models.registry import create
from models.scripted.engines import ScriptedSpeechToText
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions

# A server on this machine, whose links nobody knows; what may come with time is tried twice, at once.
SETTINGS = BatchSettings(
    formats=("srt",), rules=SourceRules(allow_local=True, generic=True), retry_pauses_s=(0.0,), model="scripted"
)


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with serving() as server:
        yield server


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return recording(tmp_path / "sound.wav").read_bytes()


async def captioned(
    out: Path,
    source: str,
    show: Callable[[BatchEvent], None] = lambda _: None,
    settings: BatchSettings = SETTINGS,
) -> list[Result]:
    """One run over a source, with scripted engines."""
    stt = EngineSpec("stt", "scripted", options={"vocabulary": list(VOCABULARY)})
    worker = Worker(stt, WorkerOptions(mode="inline"))
    batch = Batch(settings, JobTable(out), [Ear(worker, lambda: create(EngineSpec("vad", "scripted")))], show)
    try:
        await batch.run(expand([source], settings.rules))
    finally:
        await worker.close()
    return batch.results


async def test_a_feed_of_good_and_bad_items_ends_with_captions_and_reasons(
    server: MediaServer, sound: bytes, tmp_path: Path
) -> None:
    good = {f"Part {number}": server.add(f"/{number}.wav", Page(sound, "audio/wav")) for number in range(6)}
    bad = server.add_bad_items(sound_file())
    feed = server.add_feed("/feed.xml", [*good.items(), *bad.items()])
    results = await captioned(tmp_path / "out", feed)
    assert {result.title for result in results if result.outcome is Outcome.TRANSCRIBED} == set(good)
    assert {result.title: result.failure.reason for result in results if result.failure} == BAD_ITEMS
    assert files_in(tmp_path / "out") == [f"Part {number}.srt" for number in range(6)]
    assert all(words_in(tmp_path / "out" / name) == list(VOCABULARY) for name in files_in(tmp_path / "out"))
    assert list((tmp_path / "out" / ".captions" / "scratch").iterdir()) == []
    server.asked.clear()
    again = await captioned(tmp_path / "out", feed)
    assert {result.title for result in again if result.outcome is Outcome.SKIPPED} == set(good)
    assert len([result for result in again if result.failure]) == len(BAD_ITEMS)
    assert not [path for path in server.asked if path.endswith(".wav")]


async def test_a_link_to_hours_without_end_is_too_long(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/talk.wav", Page(sound, "audio/wav"))
    settings = replace(SETTINGS, rules=replace(SETTINGS.rules, longest_s=7.5))
    (result,) = await captioned(tmp_path / "out", link, settings=settings)
    assert result.failure is not None
    assert result.failure.reason is Reason.TOO_LONG
    (result,) = await captioned(tmp_path / "out", str(recording(tmp_path / "own.wav")), settings=settings)
    assert result.outcome is Outcome.TRANSCRIBED  # their own files are people's own affair


async def test_what_may_come_with_time_is_tried_again(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/talk.wav", Page(sound, "audio/wav", status=503))
    retried = []

    def show(event: BatchEvent) -> None:
        if isinstance(event, ItemRetried):
            retried.append(event.failure.reason)
            server.replace("/talk.wav", status=200)

    (result,) = await captioned(tmp_path / "out", server.add_feed("/feed.xml", [("Talk", link)]), show)
    assert (result.outcome, retried) == (Outcome.TRANSCRIBED, [Reason.NETWORK])


async def test_a_source_that_is_busy_is_asked_again(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    feed = server.add_feed("/feed.xml", [("Talk", server.add("/talk.wav", Page(sound, "audio/wav")))])
    server.replace("/feed.xml", status=503)
    retried = []

    def show(event: BatchEvent) -> None:
        if isinstance(event, ItemRetried):
            retried.append(event.title)
            server.replace("/feed.xml", status=200)

    (result,) = await captioned(tmp_path / "out", feed, show)
    assert (result.outcome, retried) == (Outcome.TRANSCRIBED, [feed])


async def test_a_source_that_stays_busy_fails_with_its_reason(
    server: MediaServer, sound: bytes, tmp_path: Path
) -> None:
    link = server.add("/talk.wav", Page(sound, "audio/wav", status=503))
    (result,) = await captioned(tmp_path / "out", link)
    assert result.failure is not None
    assert (result.address, result.failure.reason) == (link, Reason.NETWORK)


@pytest.mark.parametrize(("deaths", "outcome"), [(1, Outcome.TRANSCRIBED), (2, Outcome.FAILED)])
async def test_an_engine_that_dies_is_asked_once_more(tmp_path: Path, deaths: int, outcome: Outcome) -> None:
    source = recording(tmp_path / "a.wav")
    diary = tmp_path / "diary"
    stt = EngineSpec("stt", "scripted", options={"diary": str(diary), "deaths": deaths})
    worker = Worker(stt, WorkerOptions(restart_pause_s=0.0), mortal)
    ear = Ear(worker, lambda: create(EngineSpec("vad", "scripted")))
    batch = Batch(SETTINGS, JobTable(tmp_path / "out"), [ear], lambda _: None)
    try:
        await batch.run(expand([str(source)], SETTINGS.rules))
    finally:
        await worker.close()
    (result,) = batch.results
    assert result.outcome is outcome
    assert diary.read_text() == "died\n" * deaths
    assert result.failure is None or result.failure.reason is Reason.ENGINE


async def test_a_language_that_the_engine_does_not_know_ends_the_run_and_fails_no_recording(tmp_path: Path) -> None:
    sources = [str(recording(tmp_path / f"{name}.wav")) for name in "ab"]
    table = JobTable(tmp_path / "out")
    settings = replace(SETTINGS, hearing=HearingOptions(language="xx"))
    worker = Worker(EngineSpec("stt", "scripted"), WorkerOptions(mode="inline"), english_only)
    batch = Batch(settings, table, [Ear(worker, lambda: create(EngineSpec("vad", "scripted")))], lambda _: None)
    try:
        with pytest.raises(LanguageUnknown):
            await batch.run(expand(sources, SETTINGS.rules))
    finally:
        await worker.close()
    assert {job.state for job in table.jobs()} == {State.WAITING}


class SlowTable(JobTable):
    """Takes an item at once, and says so when it is told to."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        self.has_claimed, self.may_go_on = threading.Event(), threading.Event()

    def claim(self, item: Item) -> Job | None:
        job = super().claim(item)
        self.has_claimed.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return job


async def test_a_run_that_is_stopped_gives_back_what_it_is_about_to_take(tmp_path: Path) -> None:
    table = SlowTable(tmp_path / "out")
    batch = Batch(SETTINGS, table, [], lambda _: None)
    running = asyncio.create_task(batch.run(expand([str(recording(tmp_path / "a.wav"))], SETTINGS.rules)))
    assert await asyncio.to_thread(table.has_claimed.wait, DEADLINE_S)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=0.2)
    assert not done  # it has yet to learn what it took
    table.may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [job.state for job in table.jobs()] == [State.WAITING]


def english_only(spec: EngineSpec) -> EnglishSpeechToText:
    return EnglishSpeechToText(spec)


class EnglishSpeechToText(ScriptedSpeechToText):
    """Knows no other language, and says so as Whisper does."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        raise LanguageUnknown(f'there is no language "{options.language}"')


def mortal(spec: EngineSpec) -> MortalSpeechToText:
    return MortalSpeechToText(spec)


class MortalSpeechToText:
    """Its process ends in the middle of its first `deaths` calls, which it notes in the file `diary`."""

    def __init__(self, spec: EngineSpec) -> None:
        self._diary, self._deaths = Path(str(spec.options["diary"])), int(str(spec.options["deaths"]))
        self._engine = ScriptedSpeechToText(EngineSpec("stt", "scripted"))

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        if not self._diary.exists() or self._diary.read_text().count("died") < self._deaths:
            with self._diary.open("a") as diary:
                diary.write("died\n")
            os._exit(1)
        yield from self._engine.transcribe_windows(windows, options)


def test_films_get_a_track_and_a_picture_with_captions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    film = video(tmp_path / "film.mp4")
    lines = ("--set", 'stt.options.lines=["Good morning."]', "--set", "stt.options.vocabulary=[]")
    command = ("captions", *ENGINES, *lines, film, "--out", tmp_path, "--embed", "--burn", "--formats", "srt")
    assert run_here(capsys, *command).code == 0
    assert files_in(tmp_path) == ["film.burnt.mp4", "film.embedded.mp4", "film.mp4", "film.srt"]
    ((start_s, end_s, text),) = track(tmp_path / "film.embedded.mp4")
    assert text == "Good morning."
    plain, burnt = luma(film), luma(tmp_path / "film.burnt.mp4")
    shown = min(plain, key=lambda at_s: abs(at_s - (start_s + end_s) / 2))
    assert abs(burnt[shown] - plain[shown]).max() > 60
    (tmp_path / "film.burnt.mp4").unlink()
    assert run_here(capsys, *command, "--json").out.count('"outcome": "exported"') == 1
    assert (tmp_path / "film.burnt.mp4").exists()
    whole = run_here(capsys, "captions", *ENGINES, tmp_path, "--out", tmp_path, "--formats", "srt", "--json")
    assert whole.out.count('"title"') == 1  # its own copies are no recordings


def test_captions_that_cannot_be_drawn_leave_the_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav")
    done = run_here(capsys, "captions", *ENGINES, source, "--out", tmp_path / "out", "--burn", "--json")
    assert done.code == 1
    assert '"reason": "no picture"' in done.out
    assert "a.wav has no picture to draw captions into" in done.out
    assert files_in(tmp_path / "out") == ["a.srt", "a.vtt"]
