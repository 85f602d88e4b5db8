"""A sound card whose microphone and loudspeaker are at the other end of a socket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable

import numpy as np

from assistant.live.playback import Playback
from assistant.live.sound_card import Heard
from assistant.serve.realtime.audio_formats import PCM_RATE_HZ
from assistant.serve.realtime.client_player import ClientPlayer
from models.audio import SPEECH_RATE_HZ
from models.types import Audio, Samples

# Sent at once: little enough that a voice falls silent soon, and 25 messages a second.
_TICK_S = 0.04
# One frame of voice activity detection, so that what is decided is decided at the end of what was handed on.
_FRAME_SAMPLES = 512
# A microphone that has not been heard of for so long is taken to be silent: some clients send nothing between words,
# and an utterance must end. Networks stutter for less.
_PATIENCE_S = 0.25
# Clients send up to so much at once, and then nothing for as long.
_LONGEST_CHUNK_S = 1.0
# Longer than any silence that ends an utterance; after that nobody waits for it.
_LONGEST_SILENCE_S = 12.0
# Sound that may wait to be heard. A client that sends a whole recording is held back, and loses nothing.
_WAITING_SAMPLES = 10 * SPEECH_RATE_HZ
# Of the microphone, for the items: longer than an utterance can be.
_KEPT_SAMPLES = 40 * SPEECH_RATE_HZ


class SocketCard:
    """Hands on what comes, and sends what is to be played, some time ahead.

    Attributes:
        lead_s: how far ahead.
        has_echo: what the client plays comes back through its microphone, and is to be cancelled here.
    """

    def __init__(self, send: Callable[[Audio], None], lead_s: float) -> None:
        """
        Args:
            send: takes the sound for the client, piece by piece, 24 kHz; must not block.
        """
        self.playback = Playback(PCM_RATE_HZ)
        self.playback.unheard_samples = lambda: self._player.unplayed_samples
        self.lead_s = lead_s
        self._send = send
        self.has_echo = False
        self._player = ClientPlayer(PCM_RATE_HZ)
        self._loudspeaker: deque[Samples] = deque()
        self._arrived: deque[Samples] = deque()
        self._arrived_samples = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._kept: deque[Samples] = deque()
        self._kept_samples = 0
        self._heard_samples = 0

    @property
    def heard_ms(self) -> float:
        """Of all that the client has sent so far, what was listened to."""
        return 1000 * self._heard_samples / SPEECH_RATE_HZ

    def between(self, start_ms: float, end_ms: float) -> Audio:
        """What the client sent in that time, as far as it is kept."""
        kept = np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)
        first_ms = self.heard_ms - 1000 * len(kept) / SPEECH_RATE_HZ
        return Audio(kept, SPEECH_RATE_HZ).between((start_ms - first_ms) / 1000, (end_ms - first_ms) / 1000)

    async def arrive(self, audio: Audio) -> None:
        """The microphone's next sound, 16 kHz. Waits while too much is waiting to be heard."""
        while self._arrived_samples > _WAITING_SAMPLES:
            self._room.clear()
            await self._room.wait()
        self._arrived.append(audio.samples)
        self._arrived_samples += len(audio.samples)
        self._news.set()

    def drop_arrived(self) -> None:
        """Forgets what has not been listened to yet."""
        self._arrived.clear()
        self._arrived_samples = 0
        self._room.set()

    def begin_item(self) -> None:
        """What is sent from now on belongs to a new item."""
        self._player.begin()

    def report(self, played_ms: int) -> None:
        """The client has played so much of the newest item."""
        self._player.report(played_ms * PCM_RATE_HZ // 1000, asyncio.get_running_loop().time())

    def forget(self) -> None:
        """The client has thrown away what it was still to play."""
        self._player.forget()
        self._loudspeaker.clear()

    async def frames(self) -> AsyncGenerator[Heard, None]:
        """What the client sends, as fast as it comes; silence for a while where it does not send any."""
        silent_s, patience_s = 0.0, _PATIENCE_S
        while True:
            try:
                async with asyncio.timeout(patience_s if silent_s < _LONGEST_SILENCE_S else None):
                    await self._news.wait()
            except TimeoutError:
                silent_s += _PATIENCE_S
                patience_s = _PATIENCE_S
                for samples in _frames(np.zeros(round(_PATIENCE_S * SPEECH_RATE_HZ), np.float32)):
                    yield self._heard(samples)
                continue
            silent_s, taken = 0.0, self._taken()
            patience_s = _PATIENCE_S + min(len(taken) / SPEECH_RATE_HZ, _LONGEST_CHUNK_S)
            for samples in _frames(taken):
                self._keep(samples)
                yield self._heard(samples)
                await asyncio.sleep(0)  # other conversations are not kept waiting by a long recording

    async def play(self) -> None:
        """Sends what is to be played when its time has come, until cancelled."""
        loop = asyncio.get_running_loop()
        size = round(_TICK_S * PCM_RATE_HZ)
        self._player.advance(loop.time())
        while True:
            self._player.advance(loop.time())
            while self._player.unplayed_samples < self.lead_s * PCM_RATE_HZ:
                before = self.playback.taken_samples
                block = self.playback.take(size)
                taken = self.playback.taken_samples - before
                if taken > 0:
                    self._player.sent(taken)
                    self._give(block[:taken])
                if taken < size:
                    break
            self.playback.on_taken()
            await asyncio.sleep(_TICK_S)

    def _give(self, samples: Samples) -> None:
        if self.has_echo:
            self._loudspeaker.append(samples)
        self._send(Audio(samples, PCM_RATE_HZ))

    def _taken(self) -> Samples:
        samples = np.concatenate(self._arrived) if self._arrived else np.zeros(0, np.float32)
        self._arrived.clear()
        self._arrived_samples = 0
        self._news.clear()
        self._room.set()
        return samples

    def _keep(self, samples: Samples) -> None:
        self._heard_samples += len(samples)
        self._kept.append(samples)
        self._kept_samples += len(samples)
        while self._kept_samples > _KEPT_SAMPLES:
            self._kept_samples -= len(self._kept.popleft())

    def _heard(self, microphone: Samples) -> Heard:
        played = self._sounded(len(microphone)) if self.has_echo else np.zeros(0, np.float32)
        return Heard(Audio(microphone, SPEECH_RATE_HZ), Audio(played, PCM_RATE_HZ))

    def _sounded(self, n_microphone: int) -> Samples:
        """What the client has played since the last frame, or silence; as long as the frame, or longer."""
        waiting = np.concatenate(self._loudspeaker) if self._loudspeaker else np.zeros(0, np.float32)
        n_sounded = max(0, len(waiting) - self._player.unplayed_samples)
        self._loudspeaker.clear()
        if n_sounded < len(waiting):
            self._loudspeaker.append(waiting[n_sounded:])
        silence = round(n_microphone * PCM_RATE_HZ / SPEECH_RATE_HZ) - n_sounded
        return np.pad(waiting[:n_sounded], (0, max(0, silence)))


def _frames(samples: Samples) -> list[Samples]:
    return [samples[start : start + _FRAME_SAMPLES] for start in range(0, len(samples), _FRAME_SAMPLES)]
