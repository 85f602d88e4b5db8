"""A conversation at a sound card: what follows from each decision of turn taking. Decisions are not made here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from assistant import events
from assistant.errors import AssistantError
from assistant.events import Event, PartialTranscript
from assistant.live.announcements import Announcements
from assistant.live.answer import Answer
from assistant.live.answers import Answers
from assistant.live.listening import Ears, Listened
from assistant.live.sound_card import SoundCard
from assistant.live.transcriber import Transcriber, Transcript
from assistant.live.utterance import Utterance
from assistant.session import Session
from assistant.turns import decisions as decided
from assistant.turns.decisions import Decision
from assistant.turns.partials import Partial
from assistant.turns.turn_taking import TurnTaking
from assistant.workers.claim import Claim, Urgency
from models.audio import SPEECH_RATE_HZ
from models.errors import ModelError
from models.protocols import EndOfTurnDetector
from models.types import Audio

# How long the transcriber rests between two partial transcripts: a word or two. Were it always busy, the final one
# would always wait for a partial one.
_NEWS_SAMPLES = round(0.4 * SPEECH_RATE_HZ)
# Who waits for an answer is asked again sooner than a sixth attempt would be ready.
_ATTEMPTS = 2
# smart-turn was trained on the last 8 s of an utterance.
_JUDGED_S = 8.0


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a live conversation listens with."""

    ears: Ears
    turn_taking: TurnTaking
    end_of_turn: EndOfTurnDetector


class LiveSession:
    """Listens, answers, and lets itself be interrupted, until the sound ends or the user says goodbye.

    Attributes:
        level: of the microphone, for a meter; root mean square in [0, 1].
        answers_itself: False: utterances are transcribed, and whoever sees that decides whether they are answered.
        gives_way: False: a reply is played to its end, and what is said over it is transcribed only.
    """

    def __init__(self, session: Session, card: SoundCard, hearing: Hearing, show: Callable[[Event], None]) -> None:
        """
        Args:
            session: what is remembered.
            card: microphone and loudspeaker.
            hearing: one conversation's own.
            show: told every event, in order; must not block.
        """
        self.level = 0.0
        self.answers_itself = True
        self.gives_way = True
        self._session = session
        self._card = card
        self._hearing = hearing
        self._show = show
        self._utterance: Utterance | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._is_over = False
        self._answers = Answers(session, card.playback, show, self._hear_reply)
        self._announcements = Announcements(self._answers, self._start)

    @classmethod
    def open(cls, session: Session, card: SoundCard, show: Callable[[Event], None]) -> LiveSession:
        """One that listens as the session's profile says. Blocks for some tens of milliseconds.

        Args:
            session, card, show: as for the constructor.

        Raises:
            ModelError: an engine that helps to hear cannot be built.
        """
        stages = session.stages
        turn_taking = TurnTaking(session.profile.turn_taking, SPEECH_RATE_HZ)
        ears = Ears(stages.echo_canceller(), stages.voice_activity_detector(), turn_taking)
        return cls(session, card, Hearing(ears, turn_taking, stages.end_of_turn_detector()), show)

    @property
    def is_idle(self) -> bool:
        """Nobody speaks, and nothing is being prepared, drawn or played."""
        is_told = self._announcements.is_idle and not self._session.is_drawing
        return self._utterance is None and self._answers.is_idle and is_told

    def answer(self, transcript: Callable[[], Awaitable[Transcript]]) -> None:
        """Answers what the user has said in another way than by the microphone, such as typing. While it runs only."""
        answer = self._answers.prepare(transcript, self._start)
        self._answers.give(answer)

    def say(self, deltas: AsyncGenerator[str, None], language: str) -> None:
        """Says something that was not asked for, in a language (ISO 639-1). While it runs only."""
        self._answers.say(deltas, language, self._start)

    def interrupt(self) -> None:
        """Ends the reply, whether it sounds or is being made, and whatever was asked."""
        self._answers.give_up()

    async def run(self) -> None:
        """Returns when the sound has ended, or the user has said goodbye; ends all that is under way.

        Raises:
            AssistantError: of the sound card.
        """
        loop = asyncio.get_running_loop()

        def ring() -> None:
            loop.call_soon_threadsafe(self._answers.room.set)

        self._card.playback.on_taken = ring
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._start(self._announcements.run())
                try:
                    async with self._session.drawing(self._show_drawing, self._announcements.add):
                        await self._hear()
                finally:
                    self._is_over = True
                    for task in self._running:
                        task.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _show_drawing(self, event: Event) -> None:
        self._show(event)

    async def _hear(self) -> None:
        async with aclosing(self._card.frames()) as frames:
            async for heard in frames:
                for listened in self._hearing.ears.hear(heard):
                    self._listen(listened)
                if self._answers.is_over:
                    return

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _listen(self, listened: Listened) -> None:
        self.level = listened.level
        if utterance := self._utterance:
            transcriber = utterance.transcriber
            transcriber.append(listened.audio)
            if transcriber.news_samples >= _NEWS_SAMPLES and not utterance.said_samples:
                transcriber.want(transcriber.n_samples)
        self._follow(listened.decisions)

    def _follow(self, decisions: Iterable[Decision]) -> None:
        playback, now_s = self._card.playback, self._session.clock()
        for decision in decisions:
            match decision:
                case decided.SpeechStarted():
                    self._begin(decision)
                case decided.Paused():
                    self._pause()
                case decided.SoftEnded():
                    self._prepare(decision)
                case decided.SpeechResumed():
                    self._go_on()
                case decided.UtteranceEnded():
                    self._finish(decision)
                case decided.UtteranceDropped():
                    self._drop(decision)
                case decided.Ducked():
                    playback.duck()
                    self._show(events.Ducked(now_s))
                case decided.Held():
                    playback.hold()
                    self._show(events.Held(now_s))
                case decided.ReplyResumed():
                    playback.resume()
                    self._show(events.Resumed(now_s))
                case decided.BargedIn():
                    self._answers.interrupt()

    def _hear_reply(self, is_audible: bool) -> None:
        if self._is_over:
            return  # nothing follows from the end of what ends with the conversation
        turn_taking = self._hearing.turn_taking
        if not is_audible:
            self._follow(turn_taking.reply_ended())
        elif self.gives_way:
            self._follow(turn_taking.reply_started())

    def _begin(self, decision: decided.SpeechStarted) -> None:
        def read(transcript: Transcript, partial: Partial) -> None:
            self._read(utterance, transcript, partial)

        options = replace(self._session.transcribe_options(), attempts=_ATTEMPTS)
        transcriber = Transcriber(self._session.stages.stt, options, self._answers.heard_language, read, self._claim())
        transcriber.append(self._hearing.ears.since(decision.start_sample))
        utterance = Utterance(transcriber, decision.start_sample)
        utterance.tasks.append(self._start(transcriber.run()))
        utterance.tasks.append(self._start(self._answers.read_ahead()))
        self._utterance = utterance
        self._answers.wait_for_user()
        self._show(events.SpeechStarted(self._session.clock()))

    def _claim(self) -> Claim:
        """On the worker that hears. Whether a reply is interrupted hangs on the words that are said over it."""
        urgency = Urgency.AHEAD if self._answers.is_idle else Urgency.PREPARED
        return Claim(self._session.party, urgency)

    def _read(self, utterance: Utterance, transcript: Transcript, partial: Partial) -> None:
        if utterance is not self._utterance:
            return
        text = transcript.text
        if self._answers.is_own_voice(transcript):
            text = ""  # what is left of it after echo cancellation is nobody's turn
        else:
            self._show(PartialTranscript(self._session.clock(), partial.committed, partial.tentative))
        end = utterance.start_sample + transcript.n_samples
        self._follow(self._hearing.turn_taking.read(text, transcript.language, end, transcript.certainty))

    def _pause(self) -> None:
        if utterance := self._utterance:
            pause_samples = round(self._session.profile.turn_taking.pause_s * SPEECH_RATE_HZ)
            utterance.said_samples = utterance.transcriber.n_samples - pause_samples
            utterance.transcriber.want(utterance.said_samples)

    @property
    def _will_answer(self) -> bool:
        return self.answers_itself and (self.gives_way or self._answers.is_idle)

    def _prepare(self, decision: decided.SoftEnded) -> None:
        if utterance := self._utterance:
            if self._will_answer:
                utterance.answer = self._prepare_answer(utterance)
            utterance.tasks.append(self._start(self._judge(utterance.transcriber.audio, decision.sample)))

    def _prepare_answer(self, utterance: Utterance) -> Answer:
        said_samples = utterance.said_samples
        return self._answers.prepare(lambda: utterance.transcriber.transcript(said_samples), self._start)

    async def _judge(self, audio: Audio, soft_end_sample: int) -> None:
        newest = audio.between(audio.duration_s - _JUDGED_S, audio.duration_s)
        complete = await asyncio.to_thread(self._hearing.end_of_turn.probability, newest)
        self._follow(self._hearing.turn_taking.judge(soft_end_sample, complete))

    def _go_on(self) -> None:
        if utterance := self._utterance:
            utterance.said_samples = 0
            if utterance.answer:
                utterance.answer.task.cancel()
                utterance.answer = None

    def _finish(self, decision: decided.UtteranceEnded) -> None:
        utterance, self._utterance = self._utterance, None
        assert utterance is not None, "an utterance ended that never began"
        now_s = self._session.clock()
        self._show(events.SpeechEnded(now_s, now_s - (decision.sample - decision.speech_end_sample) / SPEECH_RATE_HZ))
        if decision.is_forced:
            utterance.said_samples = decision.end_sample - decision.start_sample
            utterance.transcriber.cut(utterance.said_samples)
        if utterance.answer or self._will_answer:
            answer = utterance.answer or self._prepare_answer(utterance)
            answer.task.add_done_callback(lambda _: utterance.close())
            self._answers.give(answer)
        else:
            self._start(self._only_hear(utterance)).add_done_callback(lambda _: utterance.close())
        self._answers.go_on()

    async def _only_hear(self, utterance: Utterance) -> None:
        try:
            heard = await utterance.transcriber.transcript(utterance.said_samples)
        except (AssistantError, ModelError) as error:
            self._show(events.Notice(self._session.clock(), str(error)))
            self._show(events.SpeechDropped(self._session.clock(), "no words"))
            return
        now_s = self._session.clock()
        if heard.text:
            self._show(events.FinalTranscript(now_s, heard.text, heard.language))
        else:
            self._show(events.SpeechDropped(now_s, "no words"))

    def _drop(self, decision: decided.UtteranceDropped) -> None:
        utterance, self._utterance = self._utterance, None
        assert utterance is not None, "an utterance was dropped that never began"
        utterance.close()
        if utterance.answer:
            utterance.answer.task.cancel()
        self._answers.go_on()
        self._show(events.SpeechDropped(self._session.clock(), decision.reason))
