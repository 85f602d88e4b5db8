"""What happens in a conversation, told in the events of the protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from assistant import events
from assistant.events import Event
from assistant.metrics import timeline
from assistant.serve.realtime import extensions, item_events
from assistant.serve.realtime.card import SocketCard
from assistant.serve.realtime.items import Item, Items, new_id
from assistant.serve.realtime.outbox import Outbox
from assistant.serve.realtime.response import Outcome, Response
from models.types import Audio

# What ends before it was said, as far as the end of an utterance goes.
_BEFORE_THE_END = ("too short", "hesitation", "backchannel")


@dataclass(slots=True)
class Spoken:
    """What the user is saying, or has said and is not understood yet.

    Attributes:
        start_ms: of the sound that the client sent.
        is_announced: the client knows of it.
        written: of its transcript, what the client has been told.
    """

    item_id: str
    start_ms: float
    is_announced: bool = False
    written: str = ""


class Narrator:
    """Of one conversation.

    Attributes:
        response: the one in progress, if any.
        tells_transcripts: of what the user says.
        language: ISO 639-1 code of the newest utterance; "en" before the first.
        answers_itself: the live conversation answers what it hears.
        onset_s: of an utterance, what has passed when it is noticed.
        on_speech: told when the user begins to speak.
        on_heard: told of an utterance that the live conversation does not answer itself.
        on_change: told after whatever has happened.
        has_answered: there was a response already.
    """

    def __init__(self, outbox: Outbox, items: Items, card: SocketCard, respond: Callable[[], Response]) -> None:
        """
        Args:
            respond: begins a response that the client did not ask for.
        """
        self.response: Response | None = None
        self.tells_transcripts = True
        self.language = "en"
        self.answers_itself = True
        self.onset_s = 0.0
        self.on_speech: Callable[[], None] = lambda: None
        self.on_heard: Callable[[], object] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self.has_answered = False
        self._outbox = outbox
        self._items = items
        self._card = card
        self._respond = respond
        self._speaking: Spoken | None = None
        self._ended: deque[Spoken] = deque()
        self._turn: list[Event] = []
        self._cancelled_by_client = False

    @property
    def is_listening(self) -> bool:
        """The user is saying something."""
        return self._speaking is not None

    @property
    def is_waiting_for_words(self) -> bool:
        """The user is saying something, or has said it and is not understood yet."""
        return self._speaking is not None or bool(self._ended)

    def show(self, event: Event) -> None:
        """Tells the client of an event of the live conversation."""
        self._show(event)
        self.on_change()

    def _show(self, event: Event) -> None:
        self._turn.append(event)
        match event:
            case events.SpeechStarted():
                self._begin()
            case events.PartialTranscript(committed=committed, tentative=tentative):
                self._tell_partial(committed, tentative)
            case events.SpeechEnded():
                self._commit(event)
            case events.SpeechDropped(reason=reason):
                self._drop(reason)
            case events.FinalTranscript(text=text, language=language):
                self.language = language
                self._understand(text)
            case events.ReplyDelta(text=delta):
                if self.response:
                    self.response.n_deltas += 1
                    self.response.reply += delta
            case events.SpokenAudio():
                self._speak(event)
            case events.TurnEnded():
                self.complete()
            case events.Interrupted(heard=heard):
                self._cut_off(heard)
            case events.ClauseWritten():
                pass
            case _:
                extensions.tell(self._outbox, event, self.response)

    def play(self, audio: Audio) -> None:
        """The next of a reply is sent."""
        if self.response:
            self.response.send(audio)

    def cancel(self) -> None:
        """The client wants no more of the response in progress."""
        if self.response and self.response.is_sounding:
            self._cancelled_by_client = True  # what was heard of it is known soon
        elif self.response:
            self._items.settle("known")
            self.close("cancelled", reason="client_cancelled")

    def close(self, outcome: Outcome, *, heard: str | None = None, **details: object) -> None:
        """Ends the response in progress, if there is one. The arguments are those of `Response.end`."""
        response, self.response = self.response, None
        if response:
            self.has_answered = True
            response.end(outcome, heard=heard, **details)
            self.on_change()

    def _begin(self) -> None:
        self._speaking = Spoken(new_id("item"), max(0.0, self._card.heard_ms - 1000 * self.onset_s))
        self.on_speech()
        if not (self.response and self.response.is_sounding):
            self._announce()

    def _announce(self) -> None:
        """The user speaks, and it is certain that the reply gives way: clients fall silent when they are told."""
        if (spoken := self._speaking) and not spoken.is_announced:
            spoken.is_announced = True
            self._outbox.put(
                "input_audio_buffer.speech_started", audio_start_ms=round(spoken.start_ms), item_id=spoken.item_id
            )

    def _tell_partial(self, committed: str, tentative: str) -> None:
        if (spoken := self._speaking) and self.tells_transcripts:
            self._outbox.put("assistant.partial", item_id=spoken.item_id, committed=committed, tentative=tentative)
            self._write(spoken, committed)

    def _write(self, spoken: Spoken, text: str) -> None:
        """A piece of the transcript that will not change any more."""
        delta = text.removeprefix(spoken.written)
        if spoken.is_announced and text.startswith(spoken.written) and delta:
            spoken.written = text
            self._outbox.put(
                "conversation.item.input_audio_transcription.delta",
                item_id=spoken.item_id,
                content_index=0,
                delta=delta,
            )

    def _commit(self, event: events.SpeechEnded) -> None:
        self._announce()
        spoken, self._speaking = self._speaking, None
        assert spoken is not None, "an utterance ended that never began"
        self._ended.append(spoken)
        end_ms = self._card.heard_ms - 1000 * (event.t_s - event.speech_end_s)
        self._stop(spoken, end_ms)
        item = Item("message", "user", id=spoken.item_id, is_sound=True, reading="open")
        item.audio = self._card.between(spoken.start_ms, end_ms)
        item_events.commit(self._outbox, self._items, item)

    def _stop(self, spoken: Spoken, end_ms: float) -> None:
        self._outbox.put(
            "input_audio_buffer.speech_stopped",
            audio_end_ms=round(max(spoken.start_ms, end_ms)),
            item_id=spoken.item_id,
        )

    def _drop(self, reason: str) -> None:
        if self.response and self.response.is_asked_for and not self._ended and not self._speaking:
            self.close("completed")  # there was nothing in the sound that was to be answered
        elif self._ended and reason not in _BEFORE_THE_END:
            spoken = self._ended.popleft()
            self._items.discard(spoken.item_id)
            self._outbox.put("conversation.item.deleted", item_id=spoken.item_id)
            self._tell_drop(spoken, reason)
        elif self._speaking:
            dropped, self._speaking = self._speaking, None
            if dropped.is_announced:
                self._stop(dropped, self._card.heard_ms)
            self._tell_drop(dropped, reason)

    def _tell_drop(self, spoken: Spoken, reason: str) -> None:
        self._outbox.put("assistant.speech_dropped", item_id=spoken.item_id, reason=reason)

    def _understand(self, text: str) -> None:
        if self.response and self.response.is_asked_for:
            self.response.is_asked_for = False
            return  # it was typed, or committed by the client, who knows it
        is_answered = self.answers_itself and not (self.response and self.response.is_sounding)
        if is_answered:
            self.close("cancelled", reason="turn_detected")  # not heard yet: both are answered together
        if not self._ended:
            return
        spoken = self._ended.popleft()
        item = self._items.get(spoken.item_id)
        if item:
            item.text = text
        if self.tells_transcripts:
            self._write(spoken, text)
            self._outbox.put(
                "conversation.item.input_audio_transcription.completed",
                item_id=spoken.item_id,
                content_index=0,
                transcript=text,
                usage={"type": "duration", "seconds": round(item.audio.duration_s, 2) if item and item.audio else 0},
            )
        if is_answered:
            self.response = self._respond()
        else:
            self._items.settle("known")
            self.on_heard()

    def _speak(self, event: events.SpokenAudio) -> None:
        if self.response is None:
            self._fail_transcription()
            self.response = self._respond()
        self.response.is_asked_for = False
        if not self.response.is_sounding:
            self._card.begin_item()
        self.response.spoken(event.clause, event.index, event.audio)

    def _fail_transcription(self) -> None:
        """The assistant speaks of itself: if something that was said is not understood yet, it never will be."""
        while self._ended:
            self._outbox.put(
                "conversation.item.input_audio_transcription.failed",
                item_id=self._ended.popleft().item_id,
                content_index=0,
                error={"type": "server_error", "code": "transcription_failed", "message": "It was not understood."},
            )

    def complete(self) -> None:
        """All of the response in progress has been written, and said."""
        self._cancelled_by_client = False  # it was too late for that
        response = self.response
        if response is None:
            self._turn.clear()
            return
        self._items.settle("known" if response.is_remembered else "left out")
        outcome, details = response.finish_writing()
        self.close(outcome, **details)
        self._tell_timeline(response)
        self._announce()

    def _tell_timeline(self, response: Response) -> None:
        times = timeline(self._turn)
        self._turn.clear()
        steps = ("transcript", "first_delta", "first_clause", "first_audio", "end")
        if times.speech_end_s is not None:
            seconds = {step: getattr(times, f"{step}_s") for step in steps}
            self._outbox.put("assistant.timeline", response_id=response.id, seconds=seconds)

    def _cut_off(self, heard: str) -> None:
        self._card.forget()
        self._turn.clear()
        if self._cancelled_by_client:
            self._cancelled_by_client = False
            self._items.settle("known")
            self.close("cancelled", heard=heard, reason="client_cancelled")
        elif self._speaking or self._ended:
            self._announce()
            if heard:
                self._items.settle("known")
            self.close("cancelled", heard=heard, reason="turn_detected")
        else:
            error = {"type": "server_error", "code": "engine_failed", "message": "A model failed."}
            self.close("failed", heard=heard, error=error)
