"""The orchestrator: one conversation. It owns no model; its stages are tasks joined by bounded queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import replace

from assistant.config import Profile
from assistant.conversation import LANGUAGE_NAMES, Conversation, Memory
from assistant.errors import NothingSaid
from assistant.events import Event, FinalTranscript, Notice, SpeechEnded, TurnEnded
from assistant.intents.cascade import Understanding
from assistant.pictures.commission import Show
from assistant.pictures.easel import Easel, Tell
from assistant.pictures.gallery import Gallery
from assistant.pictures.requests import PictureRequests
from assistant.pictures.wish import Heard, Wish
from assistant.queues import BoundedQueue
from assistant.reply import Reply
from assistant.saved_conversation import Turn
from assistant.stages import Stages, Voice, voice_name
from assistant.translation import in_english
from assistant.turns.wake import WakePhrase
from assistant.workers.claim import Claim, claim
from models.errors import PromptTooLong
from models.types import Audio, TranscribeOptions

# About two seconds of speech in chunks: enough that a busy reader is never waited for, little to throw away.
_EVENTS = 16


class Session:
    """One conversation over shared workers: what is remembered, in which language and voice it goes on.

    Attributes:
        party: as which it claims the workers.
        conversation: what was said so far.
        language: ISO 639-1 code that is answered in, whatever is heard; "": the one that is heard.
        speed: of the voice, beside the profile's; 1 changes nothing.
        wake: the phrase that addresses the assistant in a live conversation, if one is needed.
        pictures: what can be drawn; None: the profile has nothing that draws.
        spoken: takes what the language model writes, and lets through what is to be said.
        spelling: names and words that the user is likely to say, as they are written.
        obeys: spoken commands, such as "slower", are obeyed; otherwise they are words like others.
    """

    def __init__(
        self,
        profile: Profile,
        stages: Stages,
        conversation: Memory | None = None,
        gallery: Gallery | None = None,
    ) -> None:
        """Its clock starts now; a running event loop is needed.

        Args:
            conversation: what is gone on with; None: a new one that is kept nowhere.
            gallery: where pictures are kept; None: the user's own.
        """
        self.profile = profile
        self.stages = stages
        self.party = object()
        self.clock = _stopwatch()
        self.conversation: Memory = conversation or Conversation(profile.conversation)
        self.language = profile.conversation.language
        self.speed = 1.0
        self.wake = WakePhrase()
        self.pictures = self._picture_requests(gallery or Gallery()) if profile.image else None
        self.obeys = True
        self.spelling = ""
        self.spoken: Callable[[AsyncGenerator[str, None]], AsyncGenerator[str, None]] = lambda deltas: deltas
        self._stand_ins: set[str] = set()

    async def ask(self, utterance: Audio) -> AsyncGenerator[Event, None]:
        """One turn: yields what happens while a complete utterance is heard, answered and spoken.

        Close the generator to interrupt the turn: nothing of it is remembered then.

        Raises:
            NothingSaid: the utterance holds no words.
            ModelError, AssistantError: of the stage that failed.
        """
        events: BoundedQueue[Event] = BoundedQueue("turn events", _EVENTS)
        turn = asyncio.create_task(self._turn(utterance, events))
        try:
            async for event in events:
                yield event
            await turn
        finally:
            turn.cancel()
            await asyncio.wait([turn])

    @property
    def is_drawing(self) -> bool:
        """A picture is being made, or waits for it."""
        return self.pictures is not None and not self.pictures.is_idle

    def drawing(self, show: Show, tell: Tell) -> AbstractAsyncContextManager[None]:
        """Pictures are made inside the block, while the conversation goes on; see `Easel.opened`."""
        if self.pictures is None:
            return nullcontext()
        self.stages.prepare_image()
        return self.pictures.opened(show, tell)

    def transcribe_options(self) -> TranscribeOptions:
        """How the user is listened to."""
        return TranscribeOptions(language=self.profile.conversation.language or None, prompt=self.spelling)

    async def answer(self, text: str, heard_language: str) -> AsyncGenerator[str, None]:
        """What the language model writes in answer to `text`; forgets old turns where it cannot read that many.

        Raises:
            ModelError, AssistantError: of the language model.
        """
        language = self.language or heard_language
        options = replace(self.profile.sampling, language=language)
        with self.stages.speech.taken():
            while True:
                messages = self.conversation.messages(text, language)
                try:
                    async with aclosing(self.spoken(self.stages.llm.stream("reply", messages, options))) as deltas:
                        async for delta in deltas:
                            yield delta
                    return
                except PromptTooLong:
                    if not self.conversation.forget_half():
                        raise

    async def voice(self, heard_language: str, notify: Callable[[Notice], None]) -> Voice:
        """The voice that answers; `notify` is told, once for each language, if it only stands in.

        Raises:
            NoVoice, ModelError: there is none, or it cannot be loaded.
        """
        language = self.language or heard_language
        name = voice_name(self.profile, language)
        stands_in = name != self.profile.tts.voice
        voice = replace(await self.stages.voice_named(name, language), stands_in=stands_in)
        if voice.stands_in and language not in self._stand_ins:
            self._stand_ins.add(language)
            spoken = LANGUAGE_NAMES.get(language, f'"{language}"')
            notify(Notice(self.clock(), f"No voice of its own for {spoken} here: {voice.name} speaks it."))
        speed = min(2.0, max(0.5, voice.options.speed * self.speed))
        return replace(voice, options=replace(voice.options, speed=speed))

    async def _turn(self, utterance: Audio, events: BoundedQueue[Event]) -> None:
        claim.set(Claim(self.party))
        try:
            await events.put(SpeechEnded(self.clock(), self.clock()))
            heard = await self._transcribe(utterance)
            await events.put(heard)
            notices: list[Notice] = []
            voice = await self.voice(heard.language, notices.append)
            for notice in notices:
                await events.put(notice)
            wish = await self._wish(heard, utterance)
            if self.pictures and wish:
                deltas = self.pictures.answer_and_draw(wish, heard.text, events.put)
            else:
                deltas = self.answer(heard.text, heard.language)
            reply = Reply(deltas, voice, events.put, self.clock, self.stages.speech)
            await reply.run()
            if wish is None:
                self.conversation.add(Turn(heard.text, reply.text, self.language or heard.language))
            await events.put(TurnEnded(self.clock(), reply.text))
        finally:
            await events.close()

    async def _wish(self, heard: FinalTranscript, utterance: Audio) -> Wish | None:
        def english() -> Awaitable[str]:
            return in_english(self.stages.stt, utterance, heard.language)

        if self.pictures is None:
            return None
        return await self.pictures.wish(Heard(heard.text, heard.language, self.language or heard.language, english))

    def _picture_requests(self, gallery: Gallery) -> PictureRequests:
        easel = Easel(self.stages, gallery, self.clock, self.profile.sampling.seed)
        return PictureRequests(easel, Understanding(self.stages.llm), self.conversation)

    async def _transcribe(self, utterance: Audio) -> FinalTranscript:
        async with aclosing(self.stages.stt.stream("transcribe", utterance, self.transcribe_options())) as stream:
            segments = [segment async for segment in stream]
        text = " ".join(segment.text for segment in segments).strip()
        if not text:
            raise NothingSaid("nothing was said: no words were heard in the recording")
        return FinalTranscript(self.clock(), text, segments[0].language)


def _stopwatch() -> Callable[[], float]:
    """A clock that starts at zero now. It is the event loop's, so that a virtual one governs it too."""
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    return lambda: loop.time() - start_s
