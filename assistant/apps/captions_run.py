"""One run of `assistant captions`: engines, sources and table are brought together."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from types import FrameType

from rich.console import Console

from assistant.apps.captions_view import open_view
from assistant.apps.pull_view import pull_shown
from assistant.captions.batch import Batch
from assistant.captions.batch_report import write_batch_report
from assistant.captions.export import is_film_of
from assistant.captions.jobs import FOLDER, Job, JobTable, State
from assistant.captions.listening import Ear
from assistant.captions.notices import notice
from assistant.captions.settings import BatchSettings
from assistant.captions.summary import Result
from assistant.captions.transcript import from_json
from assistant.config import EngineSettings, Profile, load_profile
from assistant.engines import engine_spec
from assistant.sources.expand import expand
from assistant.sources.item import Item, Unlisted
from assistant.workers.worker import Worker, WorkerOptions
from models import registry
from models.protocols import VoiceActivityDetector
from models.types import Stage
from models.weights.store import Store

# Windows are heard several at once: a large Whisper takes minutes for them on two cores.
_DEADLINE_S = 1200.0


async def caption(arguments: argparse.Namespace, settings: BatchSettings) -> tuple[list[Result], bool]:
    """What came of each item, and whether Ctrl-C ended the run.

    Raises:
        FileUnusable: the output folder cannot be used.
        ModelError, WorkerError: the engines cannot be loaded.
    """
    settings, profile = _with_model(arguments, settings)
    table = JobTable(arguments.out)
    interrupted = False
    async with AsyncExitStack() as until:
        ears = [await until.enter_async_context(ear) for ear in _ears(profile, arguments, settings)]
        view = until.enter_context(open_view(Console(stderr=True, highlight=False)))
        batch = Batch(settings, table, ears, view.show)
        running = asyncio.create_task(batch.run(_found(arguments, settings, await asyncio.to_thread(table.jobs))))
        with _interrupting(running):
            try:
                await running
            except asyncio.CancelledError:
                interrupted = True
    if arguments.report:
        await asyncio.to_thread(write_batch_report, arguments.out / "report.html", batch.results, settings, table)
    return batch.results, interrupted


def dry_run(arguments: argparse.Namespace, settings: BatchSettings) -> int:
    """Prints what a run would find. Writes nothing."""
    settings = _with_model(arguments, settings)[0]
    table = JobTable(arguments.out) if (arguments.out / FOLDER).is_dir() else None
    known = {job.item.key: job for job in table.jobs()} if table else {}
    entries, failed = [], False
    for found in _found(arguments, settings, list(known.values())):
        if isinstance(found, Unlisted):
            failed = True
            entries.append({"source": found.address, "state": "failed", "message": str(found.failure)})
            continue
        job = known.get(found.key)
        entry = {"source": found.address, "state": job.state.value if job else "new", "title": found.title}
        if table and job and (told := _told(table, job, settings)):
            entry["message"] = told
        entries.append(entry)
    if arguments.json:
        print(json.dumps({"items": len(entries), "results": entries}, ensure_ascii=False))
    else:
        for entry in entries:
            print("  ".join((f"{entry['state']:<8}", entry["source"], *filter(None, [entry.get("message")]))))
    return int(failed)


def _told(table: JobTable, job: Job, settings: BatchSettings) -> str:
    """What is to be known of captions that a run would leave as they are."""
    path = table.transcript_path(job)
    if job.state is not State.DONE or settings.existing == "replace" or not path.exists():
        return ""
    return notice(from_json(path.read_text("utf-8"), path), job, settings)


def _with_model(arguments: argparse.Namespace, settings: BatchSettings) -> tuple[BatchSettings, Profile]:
    """The settings with the name of the weights that hear, and the profile that has them."""
    changes = [*arguments.changes, *([f"stt.model={arguments.model}"] if arguments.model else [])]
    profile = load_profile(arguments.profile, changes)
    return replace(settings, model=profile.stt.model or profile.stt.engine), profile


def _found(arguments: argparse.Namespace, settings: BatchSettings, known: Sequence[Job]) -> Iterable[Item | Unlisted]:
    if arguments.sources:
        found = expand(arguments.sources, settings.rules)
        return (item for item in found if isinstance(item, Unlisted) or not is_film_of(arguments.out, item))
    return [job.item for job in known]  # to write all of them anew


def _ears(
    profile: Profile, arguments: argparse.Namespace, settings: BatchSettings
) -> Iterator[AbstractAsyncContextManager[Ear]]:
    """As many as are wanted; together they use the processor's cores once."""
    store = Store(offline=arguments.offline)
    if not settings.reexport:
        pull_shown(store, [s.model for stage, s in _engines(profile) if registry.find(stage, s.engine).has_weights])
    stt = profile.stt
    if not stt.threads and arguments.workers > 1:
        stt = replace(stt, threads=max(1, (os.cpu_count() or 1) // arguments.workers))
    options = WorkerOptions(mode=profile.workers.mode, deadline_s=_DEADLINE_S)
    for _ in range(arguments.workers):
        yield _ear(Worker(engine_spec(store, "stt", stt), options), lambda: _detector(store, profile))


@asynccontextmanager
async def _ear(worker: Worker, new_detector: Callable[[], VoiceActivityDetector]) -> AsyncIterator[Ear]:
    try:
        yield Ear(worker, new_detector)
    finally:
        await worker.close()


def _engines(profile: Profile) -> list[tuple[Stage, EngineSettings]]:
    return [("stt", profile.stt), ("vad", profile.vad)]


def _detector(store: Store, profile: Profile) -> VoiceActivityDetector:
    detector: VoiceActivityDetector = registry.create(engine_spec(store, "vad", profile.vad))
    return detector


@contextmanager
def _interrupting(running: asyncio.Task[None]) -> Iterator[None]:
    """Ctrl-C ends the run cleanly; a second one ends the program at once, whatever waits in threads. Its engines end
    with it, and the next run takes over what was claimed."""
    loop = asyncio.get_running_loop()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if running.cancelling():
            os._exit(128 + number)
        loop.call_soon_threadsafe(running.cancel)

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if not running.cancelling():  # else the second one may come while threads are waited for, to the very end
            signal.signal(signal.SIGINT, previous)
