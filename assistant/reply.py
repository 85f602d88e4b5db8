"""One reply in the making: the language model writes while the voice already speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, aclosing

from assistant.events import ClauseWritten, Event, ReplyDelta, SpokenAudio
from assistant.queues import BoundedQueue
from assistant.sentences import ClauseSplitter
from assistant.stages import Voice
from assistant.workers.right_of_way import RightOfWay

# The clause being spoken, the next one, and two in reserve: a slow voice holds the language model back, so that
# little is thrown away when the user interrupts.
_CLAUSES = 4


class Reply:
    """Two stages in a task group, joined by a bounded queue of clauses. Cancelling `run` ends both at the next step.

    Attributes:
        text: what has been written so far.
    """

    def __init__(
        self,
        deltas: AsyncGenerator[str, None],
        voice: Voice,
        emit: Callable[[Event], Awaitable[None]],
        clock: Callable[[], float],
        speech: RightOfWay,
    ) -> None:
        """
        Args:
            deltas: what is to be said, as it is written; closed at the end.
            voice: who says it.
            emit: takes each event; may wait, which holds both stages back.
            clock: seconds, for the events.
            speech: taken until something is to be heard; from then on the voice is faster than it speaks.
        """
        self.text = ""
        self._deltas = deltas
        self._voice = voice
        self._emit = emit
        self._clock = clock
        self._speech = speech
        self._way = ExitStack()
        self._clauses: BoundedQueue[str] = BoundedQueue("clauses", _CLAUSES)

    async def run(self) -> None:
        """Returns when all of the reply has been handed out.

        Raises:
            ModelError, AssistantError: of the stage that failed; the other is cancelled.
        """
        try:
            with self._way:
                self._way.enter_context(self._speech.taken())
                async with asyncio.TaskGroup() as stages:
                    stages.create_task(self._write())
                    stages.create_task(self._speak())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _write(self) -> None:
        splitter = ClauseSplitter()
        async with aclosing(self._deltas) as deltas:
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
        voice = self._voice
        index = 0
        async for clause in self._clauses:
            spoken = False
            async with aclosing(voice.worker.stream("speak", clause, voice.options)) as chunks:
                async for audio in chunks:
                    spoken = True
                    self._way.close()
                    await self._emit(SpokenAudio(self._clock(), audio, clause, index))
            index += spoken  # a clause that the voice has no sound for is not counted


async def deltas_of(line: str) -> AsyncGenerator[str, None]:
    """A line that is known already, as a language model would write it."""
    yield line
