"""One reply in a live conversation: made early, kept back until the user has finished, played, perhaps cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self, TypeAlias

from assistant.events import Event, SpokenAudio
from assistant.live.playback import Playback
from assistant.queues import BoundedQueue
from assistant.reply import Reply
from assistant.turns.heard import SpokenClause, heard_text
from assistant.workers.claim import current
from models.audio.resampler import Resampler
from models.types import Audio

Emit: TypeAlias = Callable[[Event], Awaitable[None]]

# A first clause, its words and its speech: what is made before it is certain that it will be wanted.
_EVENTS = 64
# The voice stays this far ahead of the loudspeaker: enough to ride out a busy moment, little to throw away.
_AHEAD_S = 1.0


class Performance:
    """Makes a reply from the moment it is entered, plays it when it is told to, and knows what of it was heard.

    Leaving it ends the making. Nothing of the reply is shown before it begins to sound, so that one that never does
    leaves no trace.
    """

    def __init__(
        self, playback: Playback, room: asyncio.Event, show: Callable[[Event], None], reply: Callable[[Emit], Reply]
    ) -> None:
        """
        Args:
            playback: where the speech goes.
            room: set whenever the playback has taken something.
            show: told every event of the reply at the moment at which the user could notice it.
            reply: what makes the reply, given what takes its events.
        """
        self._playback = playback
        self._room = room
        self._show = show
        self._events: BoundedQueue[Event] = BoundedQueue("reply events", _EVENTS)
        self._reply = reply(self._events.put)
        self._clauses: list[SpokenClause] = []
        self._unshown: list[Event] = []
        self._resampler: Resampler | None = None

    async def __aenter__(self) -> Self:
        self._making = asyncio.create_task(self._make())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._making.cancel()
        await asyncio.gather(self._making, return_exceptions=True)

    async def play(self, clock: Callable[[], float], begin: Callable[[], Awaitable[None]]) -> str:
        """Plays what is made; returns the whole reply when the last sample has been played.

        Args:
            clock: seconds, for the events.
            begin: awaited once, before the first speech is handed to the loudspeaker.

        Raises:
            ModelError, AssistantError: of the stage that failed; what was made until then has been played.
        """
        async for event in self._events:
            if isinstance(event, SpokenAudio):
                if not self._clauses:
                    await begin()
                    self._playback.start()
                    self._show_all()
                await self._until(lambda: self._playback.waiting_s < _AHEAD_S)
                self._put(event)
                current().supply(self._playback.waiting_s)
                event = replace(event, t_s=clock())
            self._unshown.append(event)
            if self._clauses:
                self._show_all()
        if self._resampler:
            self._playback.put(self._resampler.flush())
        await self._until(lambda: not self._playback.waiting_s)
        self._show_all()
        await self._making
        return self._reply.text

    def heard(self) -> str:
        """The words of the reply that were really played so far."""
        return self._heard_until(self._playback.played_samples)

    def newest(self, duration_s: float) -> str:
        """The words of `heard` that were played in the last seconds of sound."""
        before = self._playback.played_samples - round(duration_s * self._playback.sample_rate_hz)
        return self.heard()[len(self._heard_until(max(0, before))) :]

    def _heard_until(self, played_samples: int) -> str:
        return heard_text(self._clauses, played_samples, self._playback.sample_rate_hz)

    async def _make(self) -> None:
        try:
            await self._reply.run()
        finally:
            await self._events.close()

    def _show_all(self) -> None:
        for event in self._unshown:
            self._show(event)
        self._unshown.clear()

    def _put(self, event: SpokenAudio) -> None:
        audio = self._resampled(event.audio)
        self._playback.put(audio)
        if event.index < len(self._clauses):
            last = self._clauses[-1]
            self._clauses[-1] = replace(last, n_samples=last.n_samples + len(audio.samples))
            return
        if self._clauses:
            self._clauses[-1] = replace(self._clauses[-1], is_complete=True)
        self._clauses.append(SpokenClause(event.clause, len(audio.samples), is_complete=False))

    def _resampled(self, audio: Audio) -> Audio:
        rate_hz = self._playback.sample_rate_hz
        if audio.sample_rate_hz == rate_hz:
            return audio
        if self._resampler is None or self._resampler.input_hz != audio.sample_rate_hz:
            self._resampler = Resampler(audio.sample_rate_hz, rate_hz)
        return self._resampler.feed(audio)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._room.clear()
            await self._room.wait()
