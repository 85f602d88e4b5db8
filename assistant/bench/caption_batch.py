"""A hundred recordings, twenty of which cannot be had: does each get what it should, and is nothing done twice?"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from assistant.captions.batch import Batch
from assistant.captions.formats import read
from assistant.captions.jobs import JobTable
from assistant.captions.listening import Ear
from assistant.captions.settings import BatchSettings
from assistant.captions.summary import Outcome, Result
from assistant.sources.expand import expand
from assistant.sources.item import Reason
from assistant.sources.rules import SourceRules
from assistant.workers.worker import Worker, WorkerOptions
from models.audio import write_wav
from models.registry import create
from models.scripted.speech import spoken
from models.types import EngineSpec

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
_GOOD_FILES, _GOOD_LINKS = 40, 40
_EACH_BAD = 5
# What is wrong with an item, and the reason that it should end with.
_BAD: Mapping[str, Reason] = {
    "missing": Reason.NOT_FOUND,
    "empty": Reason.EMPTY,
    "page": Reason.BROKEN,
    "noise": Reason.BROKEN,
}
_BODIES = {"empty": b"", "page": b"<html><body>Not here</body></html>", "noise": bytes(range(251)) * 40}


@dataclass(frozen=True, slots=True)
class MixedBatch:
    """Forty files and a feed of sixty links, from a server on this machine, through yt-dlp; heard by a scripted engine.

    Attributes:
        right: items whose captions hold the words that were said, in order.
        reasons: of those that failed.
        right_reasons: how many of these are what is wrong with the item.
        transcribed_again: in a second run over the same sources.
    """

    items: int
    right: int
    reasons: dict[str, int]
    right_reasons: int
    transcribed_again: int


async def measure_batch(folder: Path) -> MixedBatch:
    """
    Args:
        folder: for the recordings and the captions.
    """
    media, out = folder / "media", folder / "captions"
    said = _record(media)
    with _serving(media) as address:
        _write_feed(media / "links" / "feed.xml", f"{address}/links", list(said))
        sources = [str(media / "files"), f"{address}/links/feed.xml"]
        first, second = await _run(sources, out), await _run(sources, out)
    failures = {result.title: result.failure.reason for result in first if result.failure}
    return MixedBatch(
        len(first),
        sum(result.outcome is Outcome.TRANSCRIBED and _words(result) == said.get(result.title) for result in first),
        {reason.value: count for reason, count in Counter(failures.values()).items()},
        sum(_BAD.get(title.partition("-")[0]) is reason for title, reason in failures.items()),
        sum(result.outcome is Outcome.TRANSCRIBED for result in second),
    )


def _record(media: Path) -> dict[str, list[str]]:
    """Title -> what is said, for all good recordings."""
    said: dict[str, list[str]] = {}
    for kind, n_items in (("files", _GOOD_FILES), ("links", _GOOD_LINKS)):
        (media / kind).mkdir(parents=True)
        for number in range(n_items):
            title = f"{kind}-{number}"
            said[title] = [*_WORDS[number % len(_WORDS) :], *_WORDS[: number % len(_WORDS)]]
            write_wav(media / kind / f"{title}.wav", spoken(said[title], _WORDS))
    for kind, body in _BODIES.items():
        for number in range(_EACH_BAD):
            (media / "links" / f"{kind}-{number}.wav").write_bytes(body)
    return said


def _write_feed(path: Path, address: str, good: Sequence[str]) -> None:
    titles = [title for title in good if title.startswith("links")]
    titles += [f"{kind}-{number}" for kind in _BAD for number in range(_EACH_BAD)]
    items = "".join(
        f'<item><title>{title}</title><enclosure url="{address}/{title}.wav" type="audio/wav" length="1"/></item>'
        for title in titles
    )
    path.write_text(f'<?xml version="1.0"?><rss version="2.0"><channel><title>All</title>{items}</channel></rss>')


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), partial(_Answers, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answers(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The benchmark prints its own lines."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever has seen enough of a file hangs up."""


async def _run(sources: Sequence[str], out: Path) -> list[Result]:
    rules = SourceRules(allow_local=True, generic=True)
    settings = BatchSettings(formats=("srt",), rules=rules, model="scripted", retry_pauses_s=(0.0,))
    spec = EngineSpec("stt", "scripted", options={"vocabulary": list(_WORDS)})
    worker = Worker(spec, WorkerOptions(mode="inline"))
    ear = Ear(worker, lambda: create(EngineSpec("vad", "scripted")))
    batch = Batch(settings, JobTable(out), [ear], lambda _: None)
    try:
        await batch.run(expand(sources, rules))
    finally:
        await worker.close()
    return batch.results


def _words(result: Result) -> list[str]:
    (path,) = result.files
    return [word.lower() for cue in read(path) for line in cue.lines for word in line.split()]
