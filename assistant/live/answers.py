"""Whose turn is answered, and how: with a reply, or with a command obeyed. One answer at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from assistant.errors import AssistantError
from assistant.events import Event, FinalTranscript, Interrupted, Notice, SpeechDropped, TurnEnded
from assistant.live.answer import Answer, Task
from assistant.live.commands import commanded, obey
from assistant.live.performance import Emit, Performance
from assistant.live.picture_reply import picture_reply
from assistant.live.playback import Playback
from assistant.live.read_ahead import read_ahead
from assistant.live.transcriber import Transcript
from assistant.phrases.phrasebook import spoken_line
from assistant.phrases.spoken_control import Command, CommandKind
from assistant.reply import Reply, deltas_of
from assistant.saved_conversation import Turn
from assistant.session import Session
from assistant.turns.own_voice import is_own_voice
from assistant.workers.claim import Claim, Urgency, claim
from models.audio import SPEECH_RATE_HZ
from models.errors import ModelError

# Makes a task of a coroutine.
Start: TypeAlias = Callable[[Coroutine[Any, Any, None]], Task]

# From the loudspeaker through the room and Whisper to its words: the echo arrives within 0.3 s, a busy machine takes
# two seconds for a transcript.
_HEARD_LATE_S = 2.5


class Answers:
    """Answers the utterances of one live conversation.

    An answer that nobody has heard yet is given up when the user adds something, and both are answered together. Only
    the newest may sound, and only while the user is silent.

    Attributes:
        room: set whenever the loudspeaker has taken something.
        is_over: the user has said goodbye, and was answered.
    """

    def __init__(
        self, session: Session, playback: Playback, show: Callable[[Event], None], on_audible: Callable[[bool], None]
    ) -> None:
        """
        Args:
            session: what is remembered.
            playback: where replies are played.
            show: told every event; must not block.
            on_audible: told when a reply begins to sound (True), and when it no longer does.
        """
        self.room = asyncio.Event()
        self.is_over = False
        self._session = session
        self._playback = playback
        self._show = show
        self._on_audible = on_audible
        self._current: Answer | None = None
        self._user_speaks = False
        self._has_cut_reply = False
        self._sounding: Performance | None = None
        self._may_sound = asyncio.Event()  # perhaps: whoever waits for it looks again

    @property
    def is_idle(self) -> bool:
        """Nothing is being made or played for an utterance that has ended."""
        return self._current is None or self._current.task.done()

    @property
    def heard_language(self) -> str:
        """ISO 639-1 code of the utterance that was answered last; "" before the first."""
        return self._current.language if self._current else ""

    def is_own_voice(self, heard: Transcript) -> bool:
        """Whether what was heard over a reply is but the reply itself."""
        if self._sounding is None:
            return False
        spoken = self._sounding.newest(heard.n_samples / SPEECH_RATE_HZ + _HEARD_LATE_S)
        return is_own_voice(heard.text, heard.language, spoken)

    async def read_ahead(self) -> None:
        """Lets the language model read the conversation so far while the user still speaks; after a running reply."""
        if self._current:
            await asyncio.wait([self._current.task])
        await read_ahead(self._session, self._session.language or self.heard_language or "en")

    def wait_for_user(self) -> None:
        """The user speaks: nothing begins to sound until `go_on`."""
        self._user_speaks = True

    def go_on(self) -> None:
        """The user is silent."""
        self._user_speaks = False
        self._may_sound.set()

    def prepare(self, transcript: Callable[[], Awaitable[Transcript]], start: Start) -> Answer:
        """Begins the answer to an utterance that may have ended. Cancelling its task leaves no trace.

        Args:
            transcript: of the utterance.
            start: makes a task of a coroutine.
        """
        answer = Answer(Claim(self._session.party, Urgency.PREPARED))
        return self._begin(answer, start(self._answer(answer, transcript)))

    def give(self, answer: Answer) -> None:
        """The user has finished: from now on this is the answer that is given, and can be interrupted."""
        answer.earlier, self._current = self._current, answer
        answer.want()

    def say(self, deltas: AsyncGenerator[str, None], language: str, start: Start) -> None:
        """Says in a language what answers no utterance, once the user is silent, and instead of what was owed."""
        answer = Answer.unasked(self._session.party, language)
        answer.want()
        self._current = self._begin(answer, start(self._volunteer(answer, self._current, deltas)))

    async def announce(self, line: str, language: str, start: Start) -> bool:
        """Says what answers no utterance, once nobody speaks and nothing is due; False: somebody was faster."""
        while self._user_speaks or not self.is_idle:
            self._may_sound.clear()
            await self._may_sound.wait()
        answer = Answer.unasked(self._session.party, language)
        self.give(self._begin(answer, start(self._volunteer(answer, None, deltas_of(line)))))
        await asyncio.wait([answer.task])
        return not answer.task.cancelled() or answer.has_sounded

    def give_up(self) -> None:
        """Silence at once, and no answer: what was asked is not owed any more."""
        if self._current:
            self._current.question = ""
        self.interrupt()

    def interrupt(self) -> None:
        """Silence at once; what is being made ends at its next step, and what was heard of it is remembered."""
        self._playback.stop()
        if self._current:
            self._has_cut_reply = bool(self._current.question)
            self._current.task.cancel()

    def _begin(self, answer: Answer, task: Task) -> Answer:
        answer.task = task
        task.add_done_callback(lambda _: self._may_sound.set())
        return answer

    async def _answer(self, answer: Answer, transcript: Callable[[], Awaitable[Transcript]]) -> None:
        claim.set(answer.claim)
        heard = None
        try:
            heard = await transcript()
            if not heard.text:
                await self._drop(answer, "no words")
            elif self._session.wake.is_addressed(heard.text, self._began_s(heard)):
                await self._respond(answer, heard)
            else:
                await self._drop(answer, "not addressed")
        except (AssistantError, ModelError) as error:
            await answer.ended.wait()
            if heard:
                self._announce(answer, heard)
            await self._fail(answer, error)
        finally:
            answer.announced.set()

    def _began_s(self, heard: Transcript) -> float:
        return self._session.clock() - heard.n_samples / SPEECH_RATE_HZ

    async def _drop(self, answer: Answer, reason: str) -> None:
        await answer.ended.wait()
        self._show(SpeechDropped(self._session.clock(), reason))
        self._hand_back(answer)

    async def _respond(self, answer: Answer, heard: Transcript) -> None:
        if not self.is_idle:
            await answer.ended.wait()  # only an utterance that has ended may replace an answer that is due
        earlier = answer.earlier if answer.ended.is_set() else self._current
        owed = await self._give_up(earlier) if earlier else ""
        answer.language = heard.language
        request, is_free = self._session.wake.request(heard.text), not self._has_cut_reply
        if not request:
            await self._say(answer, heard, deltas_of(spoken_line("awake", heard.language)))
        elif self._session.obeys and (command := commanded(self._session, request, heard.language, is_free=is_free)):
            await self._obey(answer, heard, command)
        elif reply := await picture_reply(self._session, heard, owed, request):
            await self._say(answer, heard, reply(answer.ended.wait))
        else:
            answer.question = f"{owed} {request}".strip()
            await self._say(answer, heard, self._session.answer(answer.question, heard.language))

    async def _give_up(self, answer: Answer) -> str:
        """Ends an answer, unless it has ended; returns the question that it owes."""
        await answer.announced.wait()
        if not answer.task.cancelling():
            answer.task.cancel()
        await asyncio.wait([answer.task])
        if answer.question or not answer.earlier:
            return answer.question
        return await self._give_up(answer.earlier)

    def _hand_back(self, answer: Answer) -> None:
        """It takes the place of no other: the one before it is still due."""
        if self._current is answer and answer.earlier:
            self._current = answer.earlier
            self._may_sound.set()

    def _announce(self, answer: Answer, heard: Transcript) -> None:
        if not answer.announced.is_set():
            answer.announced.set()
            answer.earlier = None
            self._has_cut_reply = False
            self._session.wake.stay_awake(self._session.clock())
            self._show(FinalTranscript(self._session.clock(), heard.text, heard.language))

    async def _volunteer(self, answer: Answer, earlier: Answer | None, deltas: AsyncGenerator[str, None]) -> None:
        claim.set(answer.claim)
        if earlier:
            await self._give_up(earlier)
        try:
            await self._say(answer, None, deltas)
        except (AssistantError, ModelError) as error:
            await self._fail(answer, error)

    async def _obey(self, answer: Answer, heard: Transcript, command: Command) -> None:
        await answer.ended.wait()  # what is obeyed leaves a trace
        is_free = not self._has_cut_reply
        self._announce(answer, heard)
        if line := obey(command, self._session, self._playback, heard.language, is_free=is_free):
            await self._say(answer, heard, deltas_of(line))
        else:
            self._show(TurnEnded(self._session.clock(), ""))
        self.is_over = command.kind is CommandKind.GOODBYE

    async def _fail(self, answer: Answer, error: Exception) -> None:
        """Tells what went wrong, and goes on with the conversation."""
        answer.question = ""  # the user knows, and asks again
        answer.announced.set()
        self._show(Notice(self._session.clock(), str(error)))
        try:
            await self._say(answer, None, deltas_of(spoken_line("failed", answer.language)))
        except (AssistantError, ModelError) as failure:
            self._show(Notice(self._session.clock(), str(failure)))
            self._show(TurnEnded(self._session.clock(), ""))
        finally:
            self._hand_back(answer)

    async def _say(self, answer: Answer, heard: Transcript | None, deltas: AsyncGenerator[str, None]) -> None:
        """Prepares to say it, and says it once it is wanted. `heard` is announced before."""
        notices: list[Notice] = []
        voice = await self._session.voice(answer.language, notices.append)

        def reply(emit: Emit) -> Reply:
            return Reply(deltas, voice, emit, self._session.clock, self._session.stages.speech)

        async with Performance(self._playback, self.room, self._show, reply) as performance:
            await answer.ended.wait()
            if heard:
                self._announce(answer, heard)
            for notice in notices:
                self._show(notice)
            await self._perform(answer, performance)

    async def _perform(self, answer: Answer, performance: Performance) -> None:
        async def begin() -> None:
            while self._user_speaks or self._current is not answer:
                self._may_sound.clear()
                await self._may_sound.wait()
            answer.is_audible = answer.has_sounded = True
            self._sounding = performance
            self._on_audible(True)

        try:
            reply = await performance.play(self._session.clock, begin)
            self._remember(answer, reply)
            self._show(TurnEnded(self._session.clock(), reply))
        except (asyncio.CancelledError, AssistantError, ModelError):
            if answer.is_audible:
                self._cut_off(answer, performance.heard())
            raise
        finally:
            if answer.is_audible:
                answer.is_audible = False
                self._sounding = None
                self._session.wake.stay_awake(self._session.clock())
                self._on_audible(False)

    def _cut_off(self, answer: Answer, heard: str) -> None:
        if heard:  # a reply of which not a word was heard is none: the question stays open
            self._remember(answer, heard)
        self._show(Interrupted(self._session.clock(), heard))

    def _remember(self, answer: Answer, reply: str) -> None:
        """What the assistant says of itself answers no question, and is not remembered."""
        if answer.question:
            language = self._session.language or answer.language
            self._session.conversation.add(Turn(answer.question, reply, language))
            answer.question = ""
