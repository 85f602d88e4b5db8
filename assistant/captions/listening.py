"""Hearing one recording from where an earlier run came to, and noting down what was heard as it is heard."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.captions.beginnings import with_capitals
from assistant.captions.hearing import hear
from assistant.captions.jobs import Job
from assistant.captions.names import whole_letters
from assistant.captions.partial import PartialTranscript
from assistant.captions.settings import BatchSettings
from assistant.captions.summary import BatchEvent, ItemFetched, ItemHeard
from assistant.captions.transcript import Transcript
from assistant.errors import WorkerDied
from assistant.sources.item import Item, ItemFailed, Reason
from assistant.workers.worker import Worker
from models.audio.media import opened
from models.protocols import VoiceActivityDetector
from models.types import Segment

_FFMPEG_UNITS_PER_S = 1_000_000  # AV_TIME_BASE


class Ear:
    """What hears one recording at a time. Its engine is loaded when there is something to hear.

    Attributes:
        stt: a speech to text engine, that nobody else has started.
    """

    def __init__(self, stt: Worker, new_detector: Callable[[], VoiceActivityDetector]) -> None:
        """
        Args:
            new_detector: makes the one that this ear uses; may block for a moment.
        """
        self.stt = stt
        self._new_detector = new_detector
        self._detector: VoiceActivityDetector | None = None

    async def detector(self) -> VoiceActivityDetector:
        """The detector, with the engine running.

        Raises:
            ModelError, WorkerError: they cannot be loaded.
        """
        if self._detector is None:
            await self.stt.start()
            self._detector = await asyncio.to_thread(self._new_detector)
        return self._detector


@dataclass(frozen=True, slots=True)
class Notes:
    """Of which job notes are taken, and in which file."""

    job: Job
    path: Path


async def listen(
    ear: Ear, media: Path, notes: Notes, settings: BatchSettings, show: Callable[[BatchEvent], None]
) -> Transcript:
    """Everything that is said in the recording.

    An engine that dies may have been unlucky: it is asked once more, from where it came to.

    Raises:
        WorkerDied: the engine died twice.
        WorkerError, ModelError: it cannot hear this, or the recording cannot be read.
        ItemFailed: TOO_LONG, of what was fetched: a small file may hold silence without an end.
        OSError: the notes cannot be written.
    """
    duration_s = await asyncio.to_thread(_duration_s, media)
    _check_length(notes.job.item, duration_s, settings)
    detector = await ear.detector()
    with PartialTranscript(notes.path, settings.made_with()) as noted:
        show(ItemFetched(notes.job, duration_s, noted.until_s))

        async def go_on() -> None:
            async with aclosing(hear(media, ear.stt, detector, settings.hearing, noted.until_s)) as hearing:
                async for heard in hearing:
                    noted.append(heard)
                    show(ItemHeard(notes.job, heard.until_s))
                    _check_length(notes.job.item, heard.until_s, settings)

        try:
            await go_on()
        except WorkerDied:
            await go_on()
        item = notes.job.item
        return Transcript(
            title=whole_letters(item.title),
            source=whole_letters(item.address),
            language=most_spoken(noted.segments) or settings.hearing.language or "",
            duration_s=max(duration_s, noted.until_s),
            model=settings.model,
            segments=tuple(with_capitals(noted.segments)),
            hearing=asdict(settings.hearing),
        )


def _check_length(item: Item, duration_s: float, settings: BatchSettings) -> None:
    longest_s = settings.rules.longest_s
    if not item.is_local and duration_s > longest_s:
        what = f"{item.called} has {duration_s / 3600:.3g} h of sound or more; the limit is {longest_s / 3600:.3g} h"
        raise ItemFailed(Reason.TOO_LONG, what)


def most_spoken(segments: Sequence[Segment]) -> str:
    """The language that is spoken longest; "" where nothing is said."""
    spoken_s: defaultdict[str, float] = defaultdict(float)
    for segment in segments:
        spoken_s[segment.language] += segment.end_s - segment.start_s
    return max(spoken_s, key=spoken_s.__getitem__, default="")


def _duration_s(media: Path) -> float:
    """As the container says; 0 where it does not.

    Raises:
        AudioError: it cannot be read.
    """
    with opened(media) as container:
        return max(0, container.duration or 0) / _FFMPEG_UNITS_PER_S
