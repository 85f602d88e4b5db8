"""One realtime conversation: what follows from each event of its client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping
from typing import Any

import numpy as np

from assistant.events import Event
from assistant.live.session import Hearing, LiveSession
from assistant.serve.errors import RequestError
from assistant.serve.realtime import client_events as asked
from assistant.serve.realtime import item_events
from assistant.serve.realtime.adaptation import adapted
from assistant.serve.realtime.audio_formats import Incoming, bytes_per_second
from assistant.serve.realtime.card import SocketCard
from assistant.serve.realtime.client_events import AnyClientEvent, sound
from assistant.serve.realtime.items import Item, Items, new_id
from assistant.serve.realtime.narrator import Narrator
from assistant.serve.realtime.new_items import item_of
from assistant.serve.realtime.outbox import Outbox
from assistant.serve.realtime.responses import Parts, Responses
from assistant.serve.realtime.senses import Senses
from assistant.serve.realtime.session_config import SessionConfig, first_config
from assistant.serve.realtime.silent_user import SilentUser
from assistant.serve.realtime.tools import offer
from assistant.serve.realtime.transcriptions import Transcriptions
from assistant.serve.service import Service
from assistant.session import Session
from assistant.workers.claim import Claim
from models.audio import SPEECH_RATE_HZ
from models.types import Audio, joined

# OpenAI's least; less holds no word.
_LEAST_COMMITTED_MS = 100
# What ends an utterance that the client commits: longer than any silence that does so by itself.
_ENDING_S = 12.0


class RealtimeConversation:
    """Owns no model. Its tasks end when it is closed.

    Attributes:
        claim: on the workers, of what its client asks for.
        over: set when the user has said goodbye.
    """

    def __init__(self, service: Service, senses: Senses, outbox: Outbox, tasks: asyncio.TaskGroup) -> None:
        """
        Args:
            senses: what to hear with.
            outbox: takes what the client is told.
            tasks: for what goes on beside.
        """
        self.over = asyncio.Event()
        self._profile = service.profile
        self._senses = senses
        self._outbox = outbox
        self._tasks = tasks
        self._running: set[asyncio.Task[Any]] = set()
        self._metrics = service.metrics.conversation()
        self._expires_at = round(time.time() + service.settings.limits.session_s)
        self._id = new_id("sess")
        self._config = first_config(service.profile)
        self._items = Items(service.profile.conversation)
        self._session = Session(service.profile, service.stages, self._items)
        self.claim = Claim(self._session.party)
        self._hearing: Hearing | None = None
        self._live: LiveSession | None = None
        self._incoming = Incoming(self._config.audio.input.format.type)
        self._committable: list[Audio] = []
        transcriptions = Transcriptions(self._session, outbox, self._start)
        parts = Parts(self._session, self._items, outbox, transcriptions, self._listening, self._start)
        self._transcriptions = transcriptions
        self._responses = Responses(new_id("conv"), self._config, parts)
        self._card = SocketCard(self._play, self._config.assistant.lead_ms / 1000)
        self._narrator = Narrator(outbox, self._items, self._card, self._responses.begin)
        self._responses.narrator = self._narrator
        self._narrator.on_speech = self._responses.give_way
        self._narrator.on_heard = lambda: self._start(self._responses.answer_in_writing())
        self._silence = SilentUser(
            outbox, self._items, self._card, self._narrator, lambda: self._start(self._responses.go_on())
        )
        self._narrator.on_change = self._silence.look
        self._adopt(self._config)

    def greet(self) -> None:
        """The first event."""
        self._outbox.put("session.created", session=self._shown())

    async def take(self, event: AnyClientEvent) -> None:
        """Does what the client asks for.

        Raises:
            RequestError: it cannot be; nothing has changed.
        """
        match event:
            case asked.SessionUpdate(session=change):
                self._adopt(self._config.updated(change))
                self._outbox.put("session.updated", session=self._shown())
            case asked.BufferAppend(audio=encoded):
                await self._hear(sound(encoded, "audio"))
            case asked.BufferCommit():
                await self._commit()
            case asked.BufferClear():
                self._clear()
            case asked.ResponseCreate(response=params):
                await self._responses.create(params or asked.ResponseParams())
            case asked.ResponseCancel(response_id=response_id):
                if self._responses.cancel(response_id) and self._live:
                    self._live.interrupt()
            case asked.Played(item_id=item_id, audio_end_ms=audio_end_ms):
                self._report(item_id, audio_end_ms)
            case _:
                self._take_item(event)

    def _take_item(self, event: AnyClientEvent) -> None:
        match event:
            case asked.ItemCreate():
                self._create_item(event)
            case asked.ItemRetrieve(item_id=item_id):
                item = self._items.find(item_id)
                self._outbox.put("conversation.item.retrieved", item=item.shown(self._config.audio.output.format.type))
            case asked.ItemDelete(item_id=item_id):
                self._items.discard(self._items.find(item_id).id)
                self._outbox.put("conversation.item.deleted", item_id=item_id)
            case asked.ItemTruncate():
                self._truncate(event)

    def close(self) -> None:
        """Ends all that is under way."""
        self._silence.close()
        for task in self._running:
            task.cancel()

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _shown(self) -> Mapping[str, object]:
        shown = self._config.shown()
        shown["audio"]["output"]["voice"] = self._session.profile.tts.voice
        shown["assistant"]["voices"] = sorted(self._profile.tts.voices)
        fixed = {"id": self._id, "object": "realtime.session", "expires_at": self._expires_at}
        return {**shown, **fixed, "model": self._config.model or self._profile.llm.model or self._profile.llm.engine}

    def _adopt(self, config: SessionConfig) -> None:
        """From now on these settings count.

        Raises:
            RequestError: one of them cannot be; the old ones stay.
        """
        profile = adapted(self._profile, config)
        if self._live:
            self._check_ears(config)
        detection = config.audio.input.turn_detection
        if config.audio.input.format != self._config.audio.input.format:
            self._incoming = Incoming(config.audio.input.format.type)
        if detection:
            self._committable.clear()
        self._config = self._responses.config = config
        self._session.profile = profile
        self._session.language = config.assistant.language
        self._session.speed = config.audio.output.speed
        self._session.obeys = config.assistant.commands
        self._items.instructions = config.instructions
        self._items.tools = offer(config.tools, config.tool_choice)
        self._responses.sieve.adopt(config.tools, config.tool_choice)  # a reply may be on its way through it
        self._session.spoken = self._responses.sieve.spoken
        self._card.lead_s = config.assistant.lead_ms / 1000
        transcription = config.audio.input.transcription
        self._session.spelling = transcription.spelling if transcription else ""
        tells = transcription is not None
        self._narrator.tells_transcripts = self._transcriptions.are_told = tells
        self._narrator.onset_s = profile.turn_taking.onset_s + profile.turn_taking.pre_roll_s
        self._narrator.answers_itself = bool(detection and detection.create_response and config.has_audio)
        self._silence.patience_s = config.patience_s
        self._silence.look()
        if self._hearing:
            self._hearing.turn_taking.adopt(profile.turn_taking)
        self._guide()

    def _check_ears(self, config: SessionConfig) -> None:
        """Filters have learnt the room by now: they are chosen before the first sound."""
        message = "This can only be chosen before the first sound and the first response."
        if config.assistant.echo != self._config.assistant.echo:
            raise RequestError(400, "invalid_value", message, param="session.assistant.echo")
        if config.audio.input.noise_reduction != self._config.audio.input.noise_reduction:
            raise RequestError(400, "invalid_value", message, param="session.audio.input.noise_reduction")

    def _guide(self) -> None:
        """Tells the live conversation what is left to the client."""
        if self._live:
            detection = self._config.audio.input.turn_detection
            self._live.answers_itself = self._narrator.answers_itself
            self._live.gives_way = detection is None or detection.interrupt_response

    async def _listening(self) -> LiveSession:
        if self._live is None:
            cancels_echo = self._config.assistant.echo == "server"
            reduces_noise = self._config.audio.input.noise_reduction is not None
            self._hearing = await self._senses.hearing(
                self._session.profile, cancels_echo=cancels_echo, reduces_noise=reduces_noise
            )
            self._card.has_echo = cancels_echo
            self._live = LiveSession(self._session, self._card, self._hearing, self._show)
            self._guide()
            self._start(self._converse(self._live))
            await asyncio.sleep(0)  # it runs now, and can be asked
            self._start(self._card.play())
        return self._live

    async def _converse(self, live: LiveSession) -> None:
        await live.run()
        self.over.set()

    def _show(self, event: Event) -> None:
        self._metrics.saw(event)
        self._narrator.show(event)

    def _play(self, audio: Audio) -> None:
        self._narrator.play(audio)

    async def _hear(self, heard: bytes) -> None:
        form = self._config.audio.input.format.type
        if self._config.audio.input.turn_detection:
            await self._listening()
            await self._card.arrive(self._incoming.feed(heard))
            return
        longest_s = self._profile.conversation.longest_question_s
        waiting_s = sum(piece.duration_s for piece in self._committable)
        if waiting_s + len(heard) / bytes_per_second(form) > longest_s:
            message = f"More than {longest_s:g} s of sound wait to be committed; commit or clear them first."
            raise RequestError(400, "input_audio_buffer_full", message, param="audio")
        self._committable.append(self._incoming.feed(heard))

    def _clear(self) -> None:
        self._committable.clear()
        self._card.drop_arrived()
        self._outbox.put("input_audio_buffer.cleared")

    async def _commit(self) -> None:
        if self._config.audio.input.turn_detection:
            if not self._narrator.is_listening:
                raise RequestError(400, "input_audio_buffer_commit_empty", "Nothing has been said.")
            silence = np.zeros(round(_ENDING_S * SPEECH_RATE_HZ), np.float32)
            await self._card.arrive(Audio(silence, SPEECH_RATE_HZ))
            return
        audio = joined([*self._committable, self._incoming.flush()])
        if 1000 * audio.duration_s < _LEAST_COMMITTED_MS:
            message = f"The buffer has {1000 * audio.duration_s:.0f} ms of sound; at least {_LEAST_COMMITTED_MS}."
            raise RequestError(400, "input_audio_buffer_commit_empty", message)
        self._committable.clear()
        item = Item("message", "user", is_sound=True, audio=audio)
        item_events.commit(self._outbox, self._items, item)
        self._transcriptions.begin(item)

    def _create_item(self, event: asked.ItemCreate) -> None:
        item = item_of(event.item, self._items, self._config.audio.input.format.type)
        self._items.insert(item, event.previous_item_id)
        item_events.tell(self._outbox, self._items, item)
        if item.is_sound:
            self._transcriptions.begin(item)

    def _truncate(self, event: asked.ItemTruncate) -> None:
        item = self._items.find(event.item_id)
        if item.role != "assistant" or not item.is_sound:
            raise RequestError(400, "invalid_value", "Only what was spoken can be truncated.", param="item_id")
        if event.content_index != 0:
            raise RequestError(400, "invalid_value", "content_index: it has one part, 0", param="content_index")
        if event.audio_end_ms > item.duration_ms:
            message = f"audio_end_ms: the item has {item.duration_ms} ms of sound"
            raise RequestError(400, "invalid_value", message, param="audio_end_ms")
        item.truncate(event.audio_end_ms)
        self._outbox.put(
            "conversation.item.truncated", item_id=item.id, content_index=0, audio_end_ms=event.audio_end_ms
        )

    def _report(self, item_id: str, played_ms: int) -> None:
        self._items.find(item_id)
        response = self._narrator.response
        if response and response.item and response.item.id == item_id:
            self._card.report(played_ms)
