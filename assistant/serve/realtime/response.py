"""One response: the events that tell of it, in the order of the protocol."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from assistant.phrases.words import separator
from assistant.serve.realtime.audio_formats import PCM_RATE_HZ, FormatName, Outgoing
from assistant.serve.realtime.items import Item, Items, new_id
from assistant.serve.realtime.line_breaks import as_written
from assistant.serve.realtime.outbox import Outbox
from assistant.serve.realtime.tools import CallSieve, FunctionCall
from assistant.turns.heard import SpokenClause, heard_text
from models.types import Audio, TokenCount, joined

Outcome: TypeAlias = Literal["completed", "cancelled", "incomplete", "failed"]

# As OpenAI counts: sound that is spoken has 20 tokens a second, English text about four characters a token.
_MS_A_TOKEN = 50
_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """How a response is made and shown.

    Attributes:
        conversation_id: None: it belongs to no conversation.
        max_tokens: "inf": as many as the profile allows.
        input_characters: of the prompt, for the usage.
    """

    conversation_id: str | None
    has_audio: bool
    format: FormatName
    voice: str
    max_tokens: int | Literal["inf"] = "inf"
    metadata: Mapping[str, str] | None = None
    input_characters: int = 0


@dataclass(slots=True)
class Response:
    """
    Attributes:
        sieve: keeps back the function that is called.
        is_asked_for: by the client, and nothing of it has happened yet.
        is_remembered: it goes on with the conversation, though it answers no utterance.
        item: the message in the making.
        reply: what the language model wrote, where it is spoken.
        n_deltas: pieces that the language model wrote: about as many tokens, where nobody counts them.
        count: of its tokens, once all of it is written.
    """

    settings: ResponseSettings
    outbox: Outbox
    items: Items
    sieve: CallSieve
    is_asked_for: bool = False
    is_remembered: bool = False
    id: str = field(default_factory=lambda: new_id("resp"))
    item: Item | None = None
    reply: str = ""
    n_deltas: int = 0
    count: TokenCount | None = None
    _output: list[Item] = field(default_factory=list)
    _written: str = ""
    _sent: list[Audio] = field(default_factory=list)
    _sent_samples: int = 0
    _outgoing: Outgoing = field(init=False)

    def __post_init__(self) -> None:
        self._outgoing = Outgoing(self.settings.format)
        self.outbox.put("response.created", response=self._shown("in_progress"))

    @property
    def is_sounding(self) -> bool:
        return bool(self.settings.has_audio and self.item and self.item.clauses)

    def begin_message(self) -> Item:
        """The assistant begins to speak or to write."""
        has_audio = self.settings.has_audio
        item = Item("message", "assistant", is_sound=has_audio, status="in_progress", reading="open")
        item.rate_hz = PCM_RATE_HZ
        self.item = item
        self._add(item)
        part = {"type": "audio", "transcript": ""} if has_audio else {"type": "text", "text": ""}
        self._put("response.content_part.added", **self._place(), part=part)
        return item

    def spoken(self, clause: str, index: int, audio: Audio) -> None:
        """A chunk of speech was made, and will be sent; where the client wants none, its words are."""
        item = self.item or self.begin_message()
        n_samples = round(len(audio.samples) * item.rate_hz / audio.sample_rate_hz)
        clauses = item.clauses
        if index < len(clauses):
            clauses[-1] = SpokenClause(clause, clauses[-1].n_samples + n_samples, is_complete=False)
            return
        if clauses:
            clauses[-1] = SpokenClause(clauses[-1].text, clauses[-1].n_samples, is_complete=True)
        clauses.append(SpokenClause(clause, n_samples, is_complete=False))
        if not item.is_sound:
            self.write(separator(item.text) + clause)

    def send(self, audio: Audio) -> None:
        """The next of the speech goes to the client, and the words that are in it."""
        item = self.item or self.begin_message()
        if not item.is_sound:
            return
        self._sent.append(audio)
        self._sent_samples += len(audio.samples)
        self._write(heard_text(item.clauses, self._sent_samples, item.rate_hz))
        self._send(self._outgoing.feed(audio))

    def write(self, delta: str) -> None:
        """The next of a text that is not spoken."""
        item = self.item or self.begin_message()
        item.text += delta
        self._put("response.output_text.delta", **self._place(), delta=delta)

    def call(self, call: FunctionCall) -> None:
        """The client is asked to call a function."""
        item = Item("function_call", text="", name=call.name, call_id=new_id("call"), status="in_progress")
        self._add(item)
        item.text, item.status = call.arguments, "completed"
        place = {"item_id": item.id, "output_index": len(self._output) - 1, "call_id": item.call_id}
        self._put("response.function_call_arguments.delta", **place, delta=call.arguments)
        self._put("response.function_call_arguments.done", **place, name=call.name, arguments=call.arguments)
        self._finish(item)

    def finish_writing(self) -> tuple[Outcome, dict[str, str]]:
        """All of it is written: what the sieve has kept back follows. Returns what `end` is to be told."""
        call, self.count = self.sieve.taken()
        if call:
            self.call(call)
        if self.count and self.count.was_cut:
            return "incomplete", {"reason": "max_output_tokens"}
        return "completed", {}

    def end(self, outcome: Outcome, *, heard: str | None = None, **details: object) -> None:
        """
        Args:
            heard: of an interrupted reply, what was really played.
            details: `reason` or `error`, as the protocol has them.
        """
        if self.item:
            self._end_message(self.item, outcome, heard)
        status = {"type": outcome, **details}
        self._put_response("response.done", outcome, status_details=status, usage=self._usage())

    def _end_message(self, item: Item, outcome: Outcome, heard: str | None) -> None:
        item.status = "completed" if outcome == "completed" else "incomplete"
        place = self._place()
        if not item.is_sound:
            self._put("response.output_text.done", **place, text=item.text)
            self._put("response.content_part.done", **place, part={"type": "text", "text": item.text})
            self._finish(item)
            return
        item.written = self.reply
        if item.clauses:
            last = item.clauses[-1]
            item.clauses[-1] = SpokenClause(last.text, last.n_samples, is_complete=heard is None)
        if heard is None:
            self._write(heard_text(item.clauses, 1 << 62, item.rate_hz))
            self._send(self._outgoing.flush())
        item.text = self._written if heard is None else as_written(heard, self.reply)
        item.audio = joined(self._sent) if self._sent else None
        if item.truncated_ms is not None:
            item.truncate(item.truncated_ms)  # while it was being spoken
        self._put("response.output_audio.done", **place)
        self._put("response.output_audio_transcript.done", **place, transcript=item.text)
        self._put("response.content_part.done", **place, part={"type": "audio", "transcript": item.text})
        self._finish(item)

    def _write(self, spoken: str) -> None:
        text = as_written(spoken, self.reply)
        if len(text) > len(self._written) and text.startswith(self._written):
            self._put("response.output_audio_transcript.delta", **self._place(), delta=text[len(self._written) :])
            self._written = text

    def _send(self, sound: bytes) -> None:
        if sound:
            self._put("response.output_audio.delta", **self._place(), delta=base64.b64encode(sound).decode())

    def _add(self, item: Item) -> None:
        self._output.append(item)
        self._put("response.output_item.added", output_index=len(self._output) - 1, item=item.shown())
        if self.settings.conversation_id:
            self.items.insert(item)
            self.outbox.put("conversation.item.added", previous_item_id=self.items.before(item), item=item.shown())

    def _finish(self, item: Item) -> None:
        self._put("response.output_item.done", output_index=self._output.index(item), item=item.shown())
        if self.settings.conversation_id:
            self.outbox.put("conversation.item.done", previous_item_id=self.items.before(item), item=item.shown())

    def _place(self) -> dict[str, Any]:
        assert self.item is not None, "a message that never began"
        return {"item_id": self.item.id, "output_index": self._output.index(self.item), "content_index": 0}

    def _put(self, kind: str, **fields: object) -> None:
        self.outbox.put(kind, response_id=self.id, **fields)

    def _put_response(self, kind: str, status: str, **fields: object) -> None:
        self.outbox.put(kind, response={**self._shown(status), **fields})

    def _shown(self, status: str) -> dict[str, Any]:
        settings = self.settings
        output = {"format": {"type": settings.format}, "voice": settings.voice}
        if settings.format == "audio/pcm":
            output["format"] = {"type": "audio/pcm", "rate": PCM_RATE_HZ}
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": [item.shown() for item in self._output],
            "conversation_id": settings.conversation_id,
            "output_modalities": ["audio" if settings.has_audio else "text"],
            "max_output_tokens": settings.max_tokens,
            "audio": {"output": output},
            "usage": None,
            "metadata": settings.metadata,
        }

    def _usage(self) -> dict[str, Any]:
        text_in = self.count.prompt if self.count else self.settings.input_characters // _CHARACTERS_A_TOKEN
        text_out = self.count.reply if self.count else self.n_deltas
        audio_out = round(1000 * self._sent_samples / PCM_RATE_HZ) // _MS_A_TOKEN
        cached = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        return {
            "total_tokens": text_in + text_out + audio_out,
            "input_tokens": text_in,
            "output_tokens": text_out + audio_out,
            "input_token_details": {
                "text_tokens": text_in,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": cached,
            },
            "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
        }
