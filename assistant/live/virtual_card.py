"""A sound card made of a recording and a file, at the pace of the event loop's clock: real time, or a virtual one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

import numpy as np

from assistant.live.playback import Playback
from assistant.live.sound_card import Heard
from models.audio import SPEECH_RATE_HZ
from models.types import Audio, Samples

# What microphones deliver at once; Whisper's and WebRTC's 10 ms fit into it.
_FRAME_S = 0.02
_FRAME_SAMPLES = round(_FRAME_S * SPEECH_RATE_HZ)
# Room for the last words to be noticed as speech, before it can be said that there is nothing more to do.
_LEAST_SILENCE_S = 1.0
_PLAYBACK_RATE_HZ = 24_000


class VirtualCard:
    """Plays a recording into the conversation, and hands on what the conversation plays.

    After the recording it stays silent until the conversation has nothing more to say.
    """

    def __init__(
        self, recording: Iterable[Audio], is_done: Callable[[], bool], on_played: Callable[[Audio], None]
    ) -> None:
        """
        Args:
            recording: pieces of any length, 16 kHz; taken as they are needed.
            is_done: asked after the recording has ended; True ends the sound.
            on_played: takes what the loudspeaker plays, frame by frame, 24 kHz, silence included.
        """
        self.playback = Playback(_PLAYBACK_RATE_HZ)
        self._recording = recording
        self._is_done = is_done
        self._on_played = on_played

    async def frames(self) -> AsyncGenerator[Heard, None]:
        """A frame every 20 ms; one that is late is followed by the next at once, so the clock sets the pace."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        for microphone in self._microphone():
            due_s += _FRAME_S
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            played = Audio(self.playback.take(round(_FRAME_S * _PLAYBACK_RATE_HZ)), _PLAYBACK_RATE_HZ)
            self._on_played(played)
            yield Heard(Audio(microphone, SPEECH_RATE_HZ), played)

    def _microphone(self) -> Iterator[Samples]:
        yield from _reframed(self._recording)
        silence = np.zeros(_FRAME_SAMPLES, np.float32)
        for _ in range(round(_LEAST_SILENCE_S / _FRAME_S)):
            yield silence
        while not self._is_done():
            yield silence


def _reframed(pieces: Iterable[Audio]) -> Iterator[Samples]:
    """The same sound in frames of 20 ms; the last one is filled up with silence."""
    rest = np.zeros(0, np.float32)
    for piece in pieces:
        rest = np.concatenate([rest, piece.samples])
        whole = len(rest) - len(rest) % _FRAME_SAMPLES
        yield from (rest[start : start + _FRAME_SAMPLES] for start in range(0, whole, _FRAME_SAMPLES))
        rest = rest[whole:]
    if len(rest):
        yield np.pad(rest, (0, _FRAME_SAMPLES - len(rest)))
