"""Whose turn is answered, and how: with a reply, or with a command obeyed. One answer at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from assistant.commands import obey
from assistant.errors import AssistantError
from assistant.events import Event, FinalTranscript, Interrupted, Notice, TurnEnded
from assistant.performance import Performance
from assistant.phrasebook import spoken_line
from assistant.playback import Playback
from assistant.reply import Reply
from assistant.session import Session
from assistant.spoken_control import Command, CommandKind, spoken_command
from assistant.transcriber import Transcript
from models.errors import ModelError

_log = logging.getLogger(__name__)

Task: TypeAlias = asyncio.Task[None]


@dataclass(slots=True)
class Answer:
    """What is prepared for one utterance, and given once it has ended.

    Attributes:
        ended: set when the user has finished, so that the answer is wanted.
        question: all that it answers; more than the utterance if an earlier answer was given up for it.
        language: ISO 639-1 code that was heard.
        announced: set once the transcript was shown, or nothing was understood.
        is_audible: it has begun to sound.
    """

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    question: str = ""
    language: str = "en"
    announced: asyncio.Event = field(default_factory=asyncio.Event)
    is_audible: bool = False
    task: Task = field(init=False)


class Answers:
    """Answers the utterances of one live conversation.

    An answer that nobody has heard yet is given up when the user adds something, and both are answered together.

    Attributes:
        user_is_silent: cleared while the user speaks; nothing begins to sound then.
        room: set whenever the loudspeaker has taken something.
        is_over: the user has said goodbye, and was answered.
    """

    def __init__(
        self,
        session: Session,
        playback: Playback,
        show: Callable[[Event], None],
        on_audible: Callable[[bool], None],
    ) -> None:
        """
        Args:
            session: what is remembered.
            playback: where replies are played.
            show: told every event; must not block.
            on_audible: told when a reply begins to sound (True), and when it no longer does.
        """
        self.user_is_silent = asyncio.Event()
        self.user_is_silent.set()
        self.room = asyncio.Event()
        self.is_over = False
        self._session = session
        self._playback = playback
        self._show = show
        self._on_audible = on_audible
        self._current: Answer | None = None

    @property
    def is_idle(self) -> bool:
        """Nothing is being made or played for an utterance that has ended."""
        return self._current is None or self._current.task.done()

    async def read_ahead(self) -> None:
        """Lets the language model read the conversation so far while the user still speaks."""
        messages = self._session.conversation.messages("", self._session.language or "en")[:-1]
        try:
            async with aclosing(self._session.stages.llm.stream("prepare", messages)) as steps:
                async for _ in steps:
                    pass
        except (AssistantError, ModelError) as error:
            _log.info("reading ahead failed, the reply will tell: %s", error)

    def prepare(self, transcript: Awaitable[Transcript], start: Callable[[Coroutine[Any, Any, None]], Task]) -> Answer:
        """Begins the answer to an utterance that may have ended. Cancelling its task leaves no trace.

        Args:
            transcript: of the utterance.
            start: makes a task of a coroutine.
        """
        answer = Answer()
        answer.task = start(self._answer(answer, transcript, self._current))
        return answer

    def give(self, answer: Answer) -> None:
        """The user has finished: from now on this is the answer that is given, and can be interrupted."""
        self._current = answer
        answer.ended.set()

    def interrupt(self) -> None:
        """Silence at once; what is being made ends at its next step, and what was heard of it is remembered."""
        self._playback.stop()
        if self._current:
            self._current.task.cancel()

    async def _answer(self, answer: Answer, transcript: Awaitable[Transcript], earlier: Answer | None) -> None:
        try:
            heard = await transcript
            if not heard.text:
                return
            answer.question, answer.language = heard.text, heard.language
            if earlier and not earlier.task.done():
                await answer.ended.wait()  # only words that count may replace an answer that is already due
                answer.question = f"{await self._give_up(earlier)} {heard.text}".strip()
            if command := spoken_command(heard.text, heard.language):
                await self._obey(answer, heard, command)
            else:
                await self._reply(answer, heard, self._session.answer(answer.question, heard.language))
        except (AssistantError, ModelError) as error:
            await self._fail(answer, error)
        finally:
            answer.announced.set()

    async def _give_up(self, earlier: Answer) -> str:
        """The question of an answer that nobody has heard; "" if it was heard, at least in part."""
        await earlier.announced.wait()
        if not earlier.is_audible:
            earlier.task.cancel()
        await asyncio.wait([earlier.task])
        return "" if earlier.is_audible else earlier.question

    async def _until_wanted(self, answer: Answer, heard: Transcript) -> None:
        await answer.ended.wait()
        self._show(FinalTranscript(self._session.clock(), heard.text, heard.language))
        answer.announced.set()

    async def _obey(self, answer: Answer, heard: Transcript, command: Command) -> None:
        await self._until_wanted(answer, heard)  # what is obeyed leaves a trace
        if line := obey(command, self._session, self._playback, heard.language):
            await self._say(answer, line)
        self.is_over = command.kind is CommandKind.GOODBYE

    async def _reply(self, answer: Answer, heard: Transcript, deltas: AsyncGenerator[str, None]) -> None:
        notices: list[Notice] = []
        voice = await self._session.voice(heard.language, notices.append)
        performance = Performance(self._playback, self.room, self._show)
        reply = Reply(deltas, voice, performance.emit, self._session.clock)
        making = asyncio.create_task(performance.make(reply))
        try:
            await self._until_wanted(answer, heard)
            for notice in notices:
                self._show(notice)
            await self._play(answer, performance)
            await making
        except asyncio.CancelledError:
            if answer.is_audible:
                self._session.conversation.add(answer.question, performance.heard())
                self._show(Interrupted(self._session.clock(), performance.heard()))
            raise
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
        self._session.conversation.add(answer.question, reply.text)
        self._show(TurnEnded(self._session.clock(), reply.text))

    async def _play(self, answer: Answer, performance: Performance) -> None:
        async def begin() -> None:
            while not self.user_is_silent.is_set():
                await self.user_is_silent.wait()
            answer.is_audible = True
            self._on_audible(True)

        try:
            await performance.play(self._session.clock, begin)
        finally:
            if answer.is_audible:
                self._on_audible(False)

    async def _say(self, answer: Answer, line: str) -> None:
        """Says a line of the assistant's own; it is not remembered."""
        voice = await self._session.voice(answer.language, self._show)
        performance = Performance(self._playback, self.room, self._show)
        making = asyncio.create_task(
            performance.make(Reply(_deltas(line), voice, performance.emit, self._session.clock))
        )
        try:
            await self._play(answer, performance)
            await making
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _fail(self, answer: Answer, error: Exception) -> None:
        """Tells what went wrong, and goes on with the conversation."""
        await answer.ended.wait()
        self._show(Notice(self._session.clock(), str(error)))
        try:
            await self._say(answer, spoken_line("failed", answer.language))
        except (AssistantError, ModelError) as failure:
            self._show(Notice(self._session.clock(), str(failure)))


async def _deltas(line: str) -> AsyncGenerator[str, None]:
    yield line
