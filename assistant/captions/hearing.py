"""Everything that is said in a file, with times, as it is heard: minute by minute, in bounded memory.

file -> stretches of a minute -> their windows through the engine at once -> words moved to where speech begins and
ends -> sentences, without what nobody said.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.captions.hallucinations import is_said, without_loops
from assistant.captions.snapping import snapped
from assistant.captions.stretches import Stretch, stretches
from assistant.captions.utterances import utterances
from assistant.captions.windows import Window
from assistant.workers.worker import Worker
from models.protocols import VoiceActivityDetector
from models.types import Audio, Segment, TranscribeOptions, Word

# On less speech than this Whisper's guess of the language is worth little.
_LANGUAGE_TELLS_S = 4.0


@dataclass(frozen=True, slots=True)
class HearingOptions:
    """How to hear.

    Attributes:
        language: ISO 639-1 code; None: found out for each window, so that it may change.
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
    wanted = TranscribeOptions(options.language, word_times=True, translate=options.translate, prompt=options.prompt)
    heard = await _transcribed(stt, dict(enumerate(stretch.sounds)), wanted)
    if options.language is None:
        heard |= await _in_likelier_language(stt, stretch, heard, wanted)
    return [part for place in sorted(heard) for part in _parts(heard[place], stretch.windows[place])]


async def _transcribed(
    stt: Worker, sounds: Mapping[int, Audio], options: TranscribeOptions
) -> dict[int, list[Segment]]:
    """The segments of each sound in which something is said, with times from its start."""
    heard: defaultdict[int, list[Segment]] = defaultdict(list)
    if sounds:
        places = list(sounds)
        async with aclosing(stt.stream("transcribe_windows", list(sounds.values()), options)) as stream:
            async for index, segment in stream:
                heard[places[index]].append(segment)
    return dict(heard)


async def _in_likelier_language(
    stt: Worker, stretch: Stretch, heard: Mapping[int, Sequence[Segment]], options: TranscribeOptions
) -> dict[int, list[Segment]]:
    """Short windows in another language than most of the stretch, heard in that one; those that it suits as well."""
    spoken_s: defaultdict[str, float] = defaultdict(float)
    for place, segments in heard.items():
        spoken_s[segments[0].language] += stretch.windows[place].speech_s
    likely = max(spoken_s, key=spoken_s.__getitem__, default="")
    strange = {
        place: stretch.sounds[place]
        for place, segments in heard.items()
        if segments[0].language != likely and stretch.windows[place].speech_s < _LANGUAGE_TELLS_S
    }
    again = await _transcribed(stt, strange, replace(options, language=likely))
    return {place: segments for place, segments in again.items() if _sure(segments) >= _sure(heard[place])}


def _sure(segments: Sequence[Segment]) -> float:
    return min(segment.mean_log_probability for segment in segments)


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
