"""Captions for people at the page: a file or a link in; a recording that a browser can play, with captions, out."""

from __future__ import annotations

import asyncio
import atexit
import secrets
import shutil
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass
from pathlib import Path

from assistant.captions import formats
from assistant.captions.cue import Cue
from assistant.captions.hearing import HearingOptions, hear
from assistant.captions.layout import lay_out
from assistant.captions.standards import standard
from assistant.captions.transcript import Transcript
from assistant.sources.expand import expand
from assistant.sources.fetch import fetch
from assistant.sources.files import check_media
from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from assistant.sources.rules import SourceRules
from assistant.stages import Stages
from models.audio.media import opened
from models.types import Segment

FORMATS = ("srt", "vtt", "txt")
# For people who wait at a page. Longer and larger ones are for `assistant captions`, which can be stopped and goes on.
_RULES = SourceRules(longest_s=3 * 3600.0, largest_bytes=2_000_000_000, with_video=True)
# Recordings that can still be played; with one more the oldest is deleted.
_KEPT = 8
# Under these a browser is told what it is; under any other ending, such as .html, it could be a page that runs here.
_PLAYED = frozenset(".mp4 .m4v .mov .webm .mkv .ogv .mp3 .m4a .aac .wav .ogg .oga .opus .flac".split())


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Attributes:
        upload: a file that the browser has sent, which is moved away; None: the link counts.
        language: ISO 639-1 code; "": found out.
        standard: see `assistant.captions.standards`.
        translate: write English whatever is spoken.
    """

    upload: Path | None
    link: str
    language: str
    standard: str
    translate: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """How far it is. `share`: of the recording, in [0, 1]; 0 while it is fetched."""

    share: float


@dataclass(frozen=True, slots=True)
class Captioned:
    """
    Attributes:
        place: of the files below the folder of `Captioning`; nobody can guess it.
        media: name of the recording there; the captions are "captions.srt" and so on.
        title: anything at all may be in it.
    """

    place: str
    media: str
    title: str
    language: str
    cues: Sequence[Cue]


class Captioning:
    """
    Attributes:
        folder: what browsers may load; deleted when the program ends.
    """

    def __init__(self, in_use: Callable[[], AbstractContextManager[Stages]]) -> None:
        """
        Args:
            in_use: the workers to hear with, which stay until the context ends.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="assistant-captions-"))
        self._in_use = in_use
        self._places: list[Path] = []
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    async def caption(self, wanted: Wanted) -> AsyncGenerator[Heard | Captioned, None]:
        """Yields how far it is, and in the end the captions. Nothing is left of one that fails or is stopped.

        Raises:
            ItemFailed: the recording cannot be had, or is too long.
            ModelError, WorkerError: it cannot be heard.
            OSError: there is no room for it.
        """
        yield Heard(0.0)
        place = self.folder / secrets.token_urlsafe(16)
        place.mkdir()
        try:
            item, media = await _brought(wanted, place)
            duration_s = await asyncio.to_thread(_duration_s, media)
            segments: list[Segment] = []
            options = HearingOptions(wanted.language or None, wanted.translate)
            with self._in_use() as stages:
                detector = await asyncio.to_thread(stages.voice_activity_detector)
                async with aclosing(hear(media, stages.stt, detector, options)) as hearing:
                    async for heard in hearing:
                        segments += heard.segments
                        yield Heard(min(1.0, heard.until_s / duration_s) if duration_s else 0.0)
            language = segments[0].language if segments else wanted.language
            transcript = Transcript(item.title, item.address, language, duration_s, "", tuple(segments))
            cues = lay_out(segments, standard(wanted.standard))
            await asyncio.to_thread(_write, place, transcript, cues)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self._keep(place)
        yield Captioned(place.name, media.name, item.title, language, cues)

    def _keep(self, place: Path) -> None:
        self._places.append(place)
        while len(self._places) > _KEPT:
            shutil.rmtree(self._places.pop(0), ignore_errors=True)


async def _brought(wanted: Wanted, place: Path) -> tuple[Item, Path]:
    if wanted.upload is not None:
        item = Item("upload", wanted.upload.name, str(wanted.upload), is_local=True)
        media = await asyncio.to_thread(_moved, wanted.upload, place)
        await asyncio.to_thread(check_media, media, item.title)
        return item, media
    if not wanted.link.strip():
        raise ItemFailed(Reason.EMPTY, "Choose a file, or enter a link.")
    if "://" not in wanted.link:  # a path of the server's would be none of the user's business
        raise ItemFailed(Reason.UNSUPPORTED, "A link begins with https://")
    stopping = threading.Event()

    def go_on(share: float) -> None:
        if stopping.is_set():
            raise asyncio.CancelledError

    def bring() -> tuple[Item, Path]:
        item = _only_item(wanted.link.strip())
        return item, _moved(fetch(item, place, _RULES, go_on), place)

    try:
        return await asyncio.to_thread(bring)
    finally:
        stopping.set()


def _only_item(link: str) -> Item:
    found = expand([link], _RULES)
    item = next(found, None)
    if isinstance(item, Unlisted):
        raise item.failure
    if item is None:
        raise ItemFailed(Reason.EMPTY, f"{link}: there is no recording behind this link")
    if next(found, None) is not None:
        raise ItemFailed(
            Reason.UNSUPPORTED, "This link leads to several recordings: assistant captions takes them all."
        )
    return item


def _moved(path: Path, place: Path) -> Path:
    ending = path.suffix.lower() if path.suffix.lower() in _PLAYED else ".media"
    return Path(shutil.move(path, place / f"recording{ending}"))


def _duration_s(media: Path) -> float:
    """As the container says; 0 where it does not.

    Raises:
        ItemFailed: it is longer than anybody waits for.
        AudioError: it cannot be read.
    """
    with opened(media) as container:
        duration_s = max(0, container.duration or 0) / 1_000_000  # AV_TIME_BASE
    if duration_s > _RULES.longest_s:
        hours = f"{duration_s / 3600:.1f} h; at most {_RULES.longest_s / 3600:g} h can be heard here"
        raise ItemFailed(Reason.TOO_LONG, f"The recording takes {hours}. assistant captions takes any length.")
    return duration_s


def _write(place: Path, transcript: Transcript, cues: Sequence[Cue]) -> None:
    for name in FORMATS:
        text = formats.write(name, transcript, cues, False)
        (place / f"captions.{name}").write_text(text, "utf-8", errors="replace", newline="")
