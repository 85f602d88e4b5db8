"""One microphone and one loudspeaker that are open: from PortAudio's threads to the event loop, and back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import numpy as np

from assistant.apps.sound_devices import Device, portaudio
from assistant.errors import NoSoundDevice
from assistant.live.playback import Playback
from assistant.live.sound_card import Heard
from assistant.queues import BoundedQueue
from models.audio import SPEECH_RATE_HZ, Resampler
from models.types import Audio, Samples, joined

# What one call of PortAudio carries: short enough that a reply falls silent at once, long enough for Python to keep up.
_BLOCK_S = 0.02
# A second of the microphone waits at most; who is later than that has lost the thread anyway.
_BLOCKS = 50
# Systems under load have been seen to stall for some tenths of a second; what is silent for longer has been unplugged.
_STALLED_S = 2.0


class Streams:
    """Open while the `async with` block runs. The loudspeaker plays silence where there is nothing to play.

    Attributes:
        dropped: blocks of the microphone that nobody took in time.
    """

    def __init__(self, microphone: Device, loudspeaker: Device, playback: Playback) -> None:
        self._microphone = microphone
        self._loudspeaker = loudspeaker
        self._playback = playback
        self._to_device = _Resampled(playback, loudspeaker.rate_hz)
        self._blocks: BoundedQueue[tuple[Samples, Audio]] = BoundedQueue("microphone", _BLOCKS, "drop oldest")
        self._open = ExitStack()

    @property
    def dropped(self) -> int:
        return self._blocks.dropped

    async def __aenter__(self) -> Self:
        """
        Raises:
            NoSoundDevice: the system refuses.
        """
        self._loop = asyncio.get_running_loop()
        sounddevice = portaudio()
        try:
            self._start(sounddevice.OutputStream, self._loudspeaker, self._play)
            self._start(sounddevice.InputStream, self._microphone, self._hear)
        except sounddevice.PortAudioError as error:
            self._open.close()
            raise NoSoundDevice(f"the sound devices cannot be opened: {error}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    async def heard(self) -> AsyncIterator[Heard]:
        """What is heard and played, until a device is gone."""
        to_speech = Resampler(self._microphone.rate_hz, SPEECH_RATE_HZ)
        while True:
            try:
                async with asyncio.timeout(_STALLED_S):
                    samples, played = await anext(self._blocks)
            except (StopAsyncIteration, TimeoutError):
                return
            yield Heard(to_speech.feed(Audio(samples, self._microphone.rate_hz)), played)

    def _start(self, stream_class: Any, device: Device, callback: Any) -> None:
        stream = stream_class(
            device=device.index,
            samplerate=device.rate_hz,
            channels=device.channels,
            dtype="float32",
            blocksize=round(_BLOCK_S * device.rate_hz),
            latency="low",
            callback=callback,
            finished_callback=self._end,
        )
        self._open.callback(stream.close)
        stream.start()

    def _hear(self, block: Samples, n_frames: int, time: object, status: object) -> None:
        """In PortAudio's thread for the microphone; block: shape (n_frames, n_channels), its memory is used again."""
        heard: Samples = block.mean(axis=1, dtype=np.float32)
        waiting = self._blocks.put((heard, self._to_device.taken()))
        asyncio.run_coroutine_threadsafe(waiting, self._loop)

    def _play(self, block: Samples, n_frames: int, time: object, status: object) -> None:
        """In PortAudio's thread for the loudspeaker."""
        block[:] = self._to_device.take(n_frames)[:, None]

    def _end(self) -> None:
        """In either thread, when its stream ends, whatever the reason."""
        asyncio.run_coroutine_threadsafe(self._blocks.close(), self._loop)


class _Resampled:
    """A playback in the rate of a device, which remembers what was played."""

    def __init__(self, playback: Playback, rate_hz: int) -> None:
        self._playback = playback
        self._resampler = Resampler(playback.sample_rate_hz, rate_hz)
        self._rest = np.zeros(0, np.float32)
        self._taken: deque[Audio] = deque()

    def take(self, n_samples: int) -> Samples:
        """The next block, at the rate of the device."""
        while len(self._rest) < n_samples:
            missing = n_samples - len(self._rest)
            taken = self._playback.take(-(-missing * self._resampler.input_hz // self._resampler.output_hz))
            audio = Audio(taken, self._playback.sample_rate_hz)
            self._taken.append(audio)
            self._rest = np.concatenate([self._rest, self._resampler.feed(audio).samples])
        block, self._rest = self._rest[:n_samples], self._rest[n_samples:]
        return block

    def taken(self) -> Audio:
        """What was played since it was last asked for, at the rate of the playback; safe while `take` runs."""
        parts = [Audio(np.zeros(0, np.float32), self._playback.sample_rate_hz)]
        while self._taken:
            parts.append(self._taken.popleft())
        return joined(parts)
