"""Captions of many recordings: each is found, fetched, heard, laid out and written, while others are on their way.

found -> a short queue -> fetched, ahead of the ears -> a short queue -> heard and written, by one task for each ear.
What goes wrong with one recording ends there, with a reason.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.captions.export import (
    Captioned,
    all_there,
    cues_of,
    films_missing,
    text_files,
    write_films,
    write_text,
    write_texts,
)
from assistant.captions.failures import reason_of
from assistant.captions.jobs import Job, JobTable, State
from assistant.captions.listening import Ear, Notes, listen
from assistant.captions.notices import notice
from assistant.captions.settings import BatchSettings, Output
from assistant.captions.summary import BatchEvent, ItemEnded, ItemFound, ItemRetried, Outcome, Result
from assistant.captions.transcript import Transcript, from_json, to_json
from assistant.sources.expand import expand
from assistant.sources.fetch import fetch
from assistant.sources.item import Item, ItemFailed, Unlisted
from models.errors import LanguageUnknown

# Found items that wait: enough that a slow site is not noticed, few enough that a channel of thousands is listed as it
# is worked through.
_FOUND_AHEAD = 16
# One can wait for a busy server while the other goes on. More would be noticed by sites, and fill the disk.
_FETCHERS = 2


@dataclass(frozen=True, slots=True)
class _Work:
    """What is ready to be heard or written.

    Attributes:
        transcript: None where it must be heard first.
    """

    job: Job
    media: Path
    transcript: Transcript | None


class Batch:
    """One run over some sources.

    Attributes:
        results: of the items that have ended, in the order in which they did.
    """

    def __init__(
        self, settings: BatchSettings, table: JobTable, ears: Sequence[Ear], show: Callable[[BatchEvent], None]
    ) -> None:
        """
        Args:
            ears: at least one.
            show: told what happens, in the event loop.
        """
        self.results: list[Result] = []
        self._settings = settings
        self._table = table
        self._ears = ears
        self._show = show
        self._found: asyncio.Queue[Job | None] = asyncio.Queue(_FOUND_AHEAD)  # None: there are no more
        self._ready: asyncio.Queue[_Work | None] = asyncio.Queue(len(ears))
        self._keys: set[str] = set()  # of all that were found
        self._claimed: dict[str, Job] = {}
        self._stopping = threading.Event()
        self._scratch = Path()

    async def run(self, found: Iterable[Item | Unlisted]) -> None:
        """Works through all of them. When it is cancelled, what is under way waits for the next run.

        Raises:
            FileUnusable: the table of jobs cannot be written any more.
            LanguageUnknown: the engine does not know the language that was chosen.
            ModelError, WorkerError: the engine cannot be loaded.
        """
        self._scratch = await asyncio.to_thread(self._table.scratch_folder)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._find(found))
                group.create_task(self._fetch_all())
                for ear in self._ears:
                    group.create_task(self._hear_all(ear))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        finally:
            self._stopping.set()
            for job in self._claimed.values():
                self._table.release(job)
            shutil.rmtree(self._scratch, ignore_errors=True)

    async def _find(self, found: Iterable[Item | Unlisted]) -> None:
        busy = await self._add(found)
        for pause_s in self._settings.retry_pauses_s:
            if not busy:
                break
            for source in busy:
                self._show(ItemRetried(source.address, source.failure, pause_s))
            await asyncio.sleep(pause_s)
            busy = await self._add(expand([source.address for source in busy], self._settings.rules))
        for source in busy:
            self._fail_source(source)
        await self._found.put(None)

    async def _add(self, found: Iterable[Item | Unlisted]) -> list[Unlisted]:
        """Hands the items on, each once; returns the sources that may come with time."""
        items = iter(found)
        busy = []
        while (item := await asyncio.to_thread(next, items, None)) is not None:
            if isinstance(item, Unlisted):
                if item.failure.retry:
                    busy.append(item)
                else:
                    self._fail_source(item)
            elif item.key not in self._keys:
                self._keys.add(item.key)
                job = await asyncio.to_thread(self._table.add, item)  # here: names do not depend on who is faster
                self._show(ItemFound(job))
                await self._found.put(job)
        return busy

    def _fail_source(self, source: Unlisted) -> None:
        self._end(Result(source.address, source.address, None, Outcome.FAILED, source.failure))

    async def _fetch_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(_FETCHERS):
                group.create_task(self._fetch_each())
        await self._ready.put(None)

    async def _fetch_each(self) -> None:
        while (job := await self._found.get()) is not None:
            async with self._isolated(job):
                if (work := await self._prepared(job)) is not None:
                    await self._ready.put(work)
        self._found.put_nowait(None)  # for the other ones

    async def _hear_all(self, ear: Ear) -> None:
        while (work := await self._ready.get()) is not None:
            if work.transcript is None:
                await ear.detector()  # an engine that cannot be loaded is no fault of the recording: it ends the run
            async with self._isolated(work.job):
                await self._caption(ear, work)
            if not work.job.item.is_local:
                work.media.unlink(missing_ok=True)
        self._ready.put_nowait(None)

    @asynccontextmanager
    async def _isolated(self, job: Job) -> AsyncIterator[None]:
        """The boundary at which whatever is wrong with one recording becomes its reason, and the others go on."""
        try:
            yield
        except LanguageUnknown:  # nor will the next recording be understood in it
            raise
        except Exception as error:
            failure = reason_of(error, job.item)
            job = self._claimed.get(job.item.key, job)
            await asyncio.to_thread(self._table.fail, job.item, failure)
            self._end(Result(job.item.title, job.item.address, job, Outcome.FAILED, failure))

    async def _prepared(self, job: Job) -> _Work | None:
        """The recording, ready to be worked on; None where nothing more is to be done with it."""
        claimed = await self._claim(job)
        if claimed is None:
            self._end(_result(job, Outcome.ELSEWHERE))
            return None
        output = Output(self._table.out, job.name, self._scratch)
        stored = await asyncio.to_thread(self._stored, claimed)
        if stored is None and self._settings.reexport:
            await self._leave(claimed, _result(claimed, Outcome.SKIPPED))
        elif stored is None or self._wants_films(output, claimed):
            return _Work(claimed, await self._media(claimed), stored)
        elif self._settings.reexport or claimed.state is not State.DONE or not all_there(output, self._settings):
            await self._write(claimed, stored, None)
        else:
            skipped = _result(claimed, Outcome.SKIPPED, stored, text_files(output, self._settings))
            await self._leave(claimed, replace(skipped, note=notice(stored, claimed, self._settings)))
        return None

    async def _claim(self, job: Job) -> Job | None:
        """Not to be cancelled half-way: what is claimed and not known here would never be given back."""
        claiming = asyncio.create_task(asyncio.to_thread(self._table.claim, job.item))
        try:
            await asyncio.shield(claiming)
        finally:
            if (claimed := await claiming) is not None:
                self._claimed[job.item.key] = claimed
        return claimed

    def _stored(self, job: Job) -> Transcript | None:
        """What was heard of it earlier, if that is still wanted."""
        path = self._table.transcript_path(job)
        if self._settings.existing == "replace" and job.state in (State.DONE, State.FAILED):
            path.unlink(missing_ok=True)
        return from_json(path.read_text("utf-8"), path) if path.exists() else None

    def _wants_films(self, output: Output, job: Job) -> bool:
        wanted = self._settings.embed or self._settings.burn
        is_old = self._settings.reexport or job.state is not State.DONE
        return wanted and (is_old or films_missing(output, self._settings))

    async def _media(self, job: Job) -> Path:
        """
        Raises:
            ItemFailed: it cannot be had, however often it is tried.
        """
        for pause_s in self._settings.retry_pauses_s:
            try:
                return await self._attempt(job)
            except ItemFailed as failure:
                if not failure.retry:
                    raise
                self._show(ItemRetried(job.item.title, failure, pause_s))
                await asyncio.sleep(pause_s)
        return await self._attempt(job)

    async def _attempt(self, job: Job) -> Path:
        return await asyncio.to_thread(fetch, job.item, self._scratch, self._settings.rules, self._go_on)

    def _go_on(self, share: float) -> None:
        """Told by what works in a thread; ends it where the run was stopped."""
        if self._stopping.is_set():
            raise asyncio.CancelledError

    async def _caption(self, ear: Ear, work: _Work) -> None:
        transcript, job = work.transcript, work.job
        if transcript is None:
            transcript = await listen(ear, work.media, self._notes(job), self._settings, self._show)
            path = self._table.transcript_path(job)
            await asyncio.to_thread(write_text, path, to_json(transcript), self._scratch)
        await self._write(job, transcript, work)

    def _notes(self, job: Job) -> Notes:
        return Notes(job, self._table.partial_path(job))

    async def _write(self, job: Job, transcript: Transcript, work: _Work | None) -> None:
        """All files of an item; with `work`, its captioned copies too."""
        output = Output(self._table.out, job.name, self._scratch)
        cues = await asyncio.to_thread(cues_of, transcript, self._settings)
        is_new = work is not None and work.transcript is None
        # Files of an item that is not done may be older than the transcript: the run that wrote that was killed.
        anew = is_new or self._settings.reexport or job.state is not State.DONE
        files = await asyncio.to_thread(write_texts, transcript, cues, output, self._settings, anew=anew)
        if work is not None:
            captioned = Captioned(work.media, transcript.language, cues)
            files += await asyncio.to_thread(write_films, captioned, output, self._settings, self._go_on)
        self._table.partial_path(job).unlink(missing_ok=True)  # also what a run that was killed here has left
        await asyncio.to_thread(self._table.finish, job.item, self._settings.layout if anew else "")
        result = _result(job, Outcome.TRANSCRIBED if is_new else Outcome.EXPORTED, transcript, files, len(cues))
        old = replace(job, layout="") if anew else job
        note = "" if self._settings.reexport else notice(transcript, old, self._settings)
        self._end(replace(result, note=note))

    async def _leave(self, job: Job, result: Result) -> None:
        """Nothing is to be done with it: the next run finds it as it was."""
        await asyncio.to_thread(self._table.release, job)
        self._end(result)

    def _end(self, result: Result) -> None:
        if result.job is not None:
            self._claimed.pop(result.job.item.key, None)
        self.results.append(result)
        self._show(ItemEnded(result))


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Groups of tasks may be within groups."""
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _result(
    job: Job, outcome: Outcome, transcript: Transcript | None = None, files: Sequence[Path] = (), cues: int = 0
) -> Result:
    duration_s = transcript.duration_s if transcript else 0.0
    item = job.item
    return Result(item.title, item.address, job, outcome, None, duration_s, cues, tuple(files))
