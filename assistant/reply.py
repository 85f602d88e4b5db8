"""One reply in the making: the language model writes while the voice already speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from assistant.events import ClauseWritten, Event, ReplyDelta, SpokenAudio
from assistant.queues import BoundedQueue
from assistant.sentences import ClauseSplitter
from assistant.stages import Voice
from assistant.worker import Worker
from models.types import Message, ReplyOptions

# The clause being spoken, the next one, and two in reserve: a slow voice holds the language model back, so that
# little is thrown away when the user interrupts.
_CLAUSES = 4


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """What to answer, with what, and in which voice."""

    messages: Sequence[Message]
    options: ReplyOptions
    llm: Worker
    voice: Voice


class Reply:
    """Two stages in a task group, joined by a bounded queue of clauses. Cancelling `run` ends both at the next step."""

    def __init__(
        self, request: ReplyRequest, emit: Callable[[Event], Awaitable[None]], clock: Callable[[], float]
    ) -> None:
        """
        Args:
            request: see there.
            emit: takes each event; may wait, which holds the stages back.
            clock: seconds, for the events.
        """
        self.text = ""
        self._request = request
        self._emit = emit
        self._clock = clock
        self._clauses: BoundedQueue[str] = BoundedQueue(_CLAUSES)

    async def run(self) -> None:
        """Returns when all of the reply has been handed out.

        Raises:
            ModelError, AssistantError: of the stage that failed; the other is cancelled.
        """
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._write())
                stages.create_task(self._speak())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _write(self) -> None:
        splitter = ClauseSplitter()
        request = self._request
        async with aclosing(request.llm.stream("reply", request.messages, request.options)) as deltas:
            async for delta in deltas:
                self.text += delta
                await self._emit(ReplyDelta(self._clock(), delta))
                for clause in splitter.feed(delta):
                    await self._hand_over(clause)
        for clause in splitter.flush():
            await self._hand_over(clause)
        await self._clauses.close()

    async def _hand_over(self, clause: str) -> None:
        await self._emit(ClauseWritten(self._clock(), clause))
        await self._clauses.put(clause)

    async def _speak(self) -> None:
        voice = self._request.voice
        async for clause in self._clauses:
            async with aclosing(voice.worker.stream("speak", clause, voice.options)) as chunks:
                async for audio in chunks:
                    await self._emit(SpokenAudio(self._clock(), audio, clause))
