"""The orchestrator: one conversation. It owns no model; its stages are tasks joined by bounded queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from assistant.config import Profile
from assistant.conversation import LANGUAGE_NAMES, Conversation
from assistant.errors import NothingSaid
from assistant.events import Event, FinalTranscript, Notice, SpeechEnded, TurnEnded
from assistant.queues import BoundedQueue
from assistant.reply import Reply, ReplyRequest
from assistant.stages import Stages, Voice
from models.types import Audio, TranscribeOptions

# About two seconds of speech in chunks: enough that a busy reader is never waited for, little to throw away.
_EVENTS = 16


class Session:
    """One conversation over shared workers."""

    def __init__(self, profile: Profile, stages: Stages) -> None:
        """Its clock starts now; a running event loop is needed."""
        self._profile = profile
        self._stages = stages
        self._clock = _stopwatch()
        self.conversation = Conversation(profile.conversation)
        self._stand_ins: set[str] = set()

    async def ask(self, utterance: Audio) -> AsyncGenerator[Event, None]:
        """One turn: yields what happens while the utterance is heard, answered and spoken.

        Close the generator to interrupt the turn: nothing of it is remembered then.

        Raises:
            NothingSaid: the utterance holds no words.
            ModelError, AssistantError: of the stage that failed.
        """
        events: BoundedQueue[Event] = BoundedQueue(_EVENTS)
        turn = asyncio.create_task(self._turn(utterance, events))
        try:
            async for event in events:
                yield event
            await turn
        finally:
            turn.cancel()
            await asyncio.wait([turn])

    async def _turn(self, utterance: Audio, events: BoundedQueue[Event]) -> None:
        try:
            await events.put(SpeechEnded(self._clock()))
            heard = await self._transcribe(utterance)
            await events.put(heard)
            voice = await self._voice(heard.language, events)
            request = ReplyRequest(
                self.conversation.messages(heard.text, heard.language),
                self._profile.sampling,
                self._stages.llm,
                voice,
            )
            reply = Reply(request, events.put, self._clock)
            await reply.run()
            self.conversation.add(heard.text, reply.text)
            await events.put(TurnEnded(self._clock(), reply.text))
        finally:
            await events.close()

    async def _transcribe(self, utterance: Audio) -> FinalTranscript:
        options = TranscribeOptions(language=self._profile.conversation.language or None)
        async with aclosing(self._stages.stt.stream("transcribe", utterance, options)) as stream:
            segments = [segment async for segment in stream]
        text = " ".join(segment.text for segment in segments).strip()
        if not text:
            raise NothingSaid("nothing was said: no words were heard in the recording")
        return FinalTranscript(self._clock(), text, segments[0].language)

    async def _voice(self, language: str, events: BoundedQueue[Event]) -> Voice:
        voice = await self._stages.voice(language)
        if voice.stands_in and language not in self._stand_ins:
            self._stand_ins.add(language)
            name = LANGUAGE_NAMES.get(language, f'"{language}"')
            await events.put(Notice(self._clock(), f"No voice of its own for {name} here: {voice.name} speaks it."))
        return voice


def _stopwatch() -> Callable[[], float]:
    """A clock that starts at zero now. It is the event loop's, so that a virtual one governs it too."""
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    return lambda: loop.time() - start_s
