"""Everything that is said in a file, with times, as it is heard: minute by minute, in bounded memory.

file -> stretches of a minute -> their windows through the engine at once, each in its language -> words moved to where
speech begins and ends -> sentences, without what nobody said.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.captions.hallucinations import is_said, without_loops
from assistant.captions.heard_window import HeardWindow
from assistant.captions.languages import in_their_languages
from assistant.captions.left_out import with_left_out
from assistant.captions.snapping import snapped
from assistant.captions.stretches import Stretch, stretches
from assistant.captions.utterances import utterances, without_false_end
from assistant.captions.windows import Window
from assistant.workers.worker import Worker
from models.protocols import VoiceActivityDetector
from models.types import Audio, Segment, TranscribeOptions, Word


@dataclass(frozen=True, slots=True)
class HearingOptions:
    """How to hear.

    Attributes:
        language: ISO 639-1 code; None: found out for each stretch of speech, so that it may change at a pause.
        translate: write English whatever is spoken.
        prompt: names and spelling that the speakers are likely to use.
    """

    language: str | None = None
    translate: bool = False
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """
    Attributes:
        segments: new since the last; a sentence each, or what was said before a long pause.
        until_s: the time up to which all is final.
    """

    segments: tuple[Segment, ...]
    until_s: float


async def hear(
    path: Path, stt: Worker, detector: VoiceActivityDetector, options: HearingOptions, from_s: float = 0.0
) -> AsyncGenerator[Heard, None]:
    """Yields at least once for each minute of the file, also where nothing is said; the last `until_s` is its length.

    Args:
        path: an audio or video file.
        stt: hears; may be busy with other files too.
        detector: for this call alone; used in a thread.
        options: see there.
        from_s: 0, or the `until_s` of an earlier call, which then gives the same rest.

    Raises:
        AudioError: the file cannot be read as sound.
        ModelError, WorkerError: the engine cannot do it.
    """
    stopping = threading.Event()
    found = stretches(path, detector, from_s, stopping)
    # The next stretch is read while one is heard; never more than that.
    ahead = asyncio.create_task(asyncio.to_thread(next, found, None))
    try:
        # Shielded: a thread cannot be cancelled, and the generator is free again only when it is done.
        while (stretch := await asyncio.shield(ahead)) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, found, None))
            yield Heard(tuple(await _segments(stt, stretch, options)), stretch.end_s)
    finally:
        stopping.set()
        await asyncio.wait([ahead])
        found.close()


async def _segments(stt: Worker, stretch: Stretch, options: HearingOptions) -> list[Segment]:
    wanted = TranscribeOptions(word_times=True, translate=options.translate, prompt=options.prompt)

    async def heard_in(windows: Sequence[tuple[Window, Audio]], language: str | None) -> list[HeardWindow]:
        return await _transcribed(stt, windows, replace(wanted, language=language))

    windows = list(zip(stretch.windows, stretch.sounds, strict=True))
    if options.language is None:
        heard = await in_their_languages(heard_in, windows)
    else:
        heard = await with_left_out(heard_in, await heard_in(windows, options.language), options.language)
    found: list[Segment] = []
    for each in heard:
        parts = _parts(each.segments, each.window)
        if found and parts:
            found[-1] = without_false_end(found[-1], parts[0])
        found += parts
    return sorted(found, key=lambda part: part.start_s)  # what was left out may lie within a window


async def _transcribed(
    stt: Worker, windows: Sequence[tuple[Window, Audio]], options: TranscribeOptions
) -> list[HeardWindow]:
    """Those in which something is said, in order."""
    found: defaultdict[int, list[Segment]] = defaultdict(list)
    if windows:
        async with aclosing(stt.stream("transcribe_windows", [sound for _, sound in windows], options)) as stream:
            async for index, segment in stream:
                found[index].append(segment)
    return [HeardWindow(*windows[index], tuple(found[index])) for index in sorted(found)]


def _parts(segments: Sequence[Segment], window: Window) -> list[Segment]:
    """Sentences with times in the recording, without what nobody said."""
    parts: list[Segment] = []
    for segment in segments:
        words = [_later(word, window.start_s) for word in without_loops(segment.words)]
        moved = snapped(words, window.spans)
        parts += [part for part in utterances(replace(segment, words=moved)) if is_said(part, window.spans)]
    return parts


def _later(word: Word, offset_s: float) -> Word:
    return replace(word, start_s=word.start_s + offset_s, end_s=word.end_s + offset_s)
