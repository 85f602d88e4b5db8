"""The items of a conversation, as the protocol has them, and what the language model reads of them."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from assistant.config import ConversationSettings
from assistant.conversation import LANGUAGE_NAMES, too_many
from assistant.saved_conversation import Turn
from assistant.serve.errors import RequestError
from assistant.serve.realtime.audio_formats import FormatName, encoded
from assistant.serve.realtime.line_breaks import as_written
from assistant.turns.heard import SpokenClause, heard_text
from models.types import Audio, Message, Role

ItemType: TypeAlias = Literal["message", "function_call", "function_call_output"]
Reading: TypeAlias = Literal["open", "known", "left out"]

# A conversation of an hour has a few hundred; whoever makes more loses the oldest.
_MOST_ITEMS = 1000
# Of sound that is kept to be retrieved, in all items: two minutes in 4 bytes at 24 kHz.
_KEPT_BYTES = 12 << 20
# Models answer only to somebody: an assistant that is to begin was greeted.
_GREETING = "Hello."


def new_id(kind: str) -> str:
    """One that nobody can guess, such as "item_9f…"."""
    return f"{kind}_{secrets.token_hex(10)}"


@dataclass(slots=True)
class Item:
    """One entry.

    Attributes:
        text: of a message what was said or written, of a call its arguments, of an output the output.
        is_sound: its text is what was heard of sound, or spoken.
        reading: whether the language model reads it: "open" is what is still being answered.
        audio: the sound, as long as there is room for it.
        clauses: of speech, in samples at `rate_hz`.
        written: of speech, the reply that was spoken, with its lines.
        truncated_ms: nothing after that was heard; None: as far as is known, all of it was.
        afterwards: what was told later without a question, for the language model alone.
    """

    type: ItemType
    role: Role | None = None
    text: str = ""
    id: str = field(default_factory=lambda: new_id("item"))
    is_sound: bool = False
    reading: Reading = "known"
    status: str = "completed"
    name: str = ""
    call_id: str = ""
    audio: Audio | None = None
    clauses: list[SpokenClause] = field(default_factory=list)
    rate_hz: int = 1
    truncated_ms: int | None = None
    afterwards: str = ""
    written: str = ""

    @property
    def duration_ms(self) -> int:
        """Of its speech."""
        return round(1000 * sum(clause.n_samples for clause in self.clauses) / self.rate_hz)

    def truncate(self, audio_end_ms: int) -> None:
        """Nothing is left of it but what was heard by then."""
        self.truncated_ms = audio_end_ms
        heard = heard_text(self.clauses, audio_end_ms * self.rate_hz // 1000, self.rate_hz)
        self.text = as_written(heard, self.written)
        self.status = "incomplete"
        if self.audio:
            self.audio = self.audio.between(0, audio_end_ms / 1000)

    def shown(self, sound: FormatName | None = None) -> dict[str, Any]:
        """As the protocol shows it; with its sound in that format, if any is wanted."""
        shown: dict[str, Any] = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        match self.type:
            case "message":
                return {**shown, "role": self.role, "content": [self._content(sound)]}
            case "function_call":
                return {**shown, "name": self.name, "call_id": self.call_id, "arguments": self.text}
            case "function_call_output":
                return {**shown, "call_id": self.call_id, "output": self.text}

    def _content(self, sound: FormatName | None) -> dict[str, Any]:
        side = "output" if self.role == "assistant" else "input"
        if not self.is_sound:
            return {"type": f"{side}_text", "text": self.text}
        content: dict[str, Any] = {"type": f"{side}_audio", "transcript": self.text or None}
        if sound and self.audio:
            content["audio"] = base64.b64encode(encoded(self.audio, sound)).decode()
        return content


class Items:
    """All items of one conversation in order: the memory of its session.

    Attributes:
        instructions: that the language model reads first.
        tools: what it is told of them.
    """

    def __init__(self, settings: ConversationSettings) -> None:
        self.instructions = settings.instructions
        self.tools = ""
        self._settings = settings
        self._items: list[Item] = []
        self._asked = ""

    @property
    def newest(self) -> Item | None:
        return self._items[-1] if self._items else None

    @property
    def question(self) -> str:
        """What the user has said last."""
        said = (item.text for item in reversed(self._items) if item.role == "user" and item.text)
        return self._asked or next(said, "")

    def get(self, item_id: str) -> Item | None:
        """The one of that id, if it is still here."""
        return next((item for item in self._items if item.id == item_id), None)

    def find(self, item_id: str, param: str = "item_id") -> Item:
        """
        Raises:
            RequestError: there is none of that id.
        """
        if item := self.get(item_id):
            return item
        raise RequestError(400, "item_not_found", f"There is no item {item_id!r}.", param=param)

    def call(self, call_id: str) -> Item:
        """The function call of that id.

        Raises:
            RequestError: there is none.
        """
        for item in self._items:
            if item.type == "function_call" and item.call_id == call_id:
                return item
        raise RequestError(400, "call_not_found", f"There is no function call {call_id!r}.", param="item.call_id")

    def insert(self, item: Item, after: str | None = None) -> None:
        """
        Args:
            after: id of the one before it, or "root" for the beginning; None: at the end.

        Raises:
            RequestError: there is no such item, or one of the same id already.
        """
        if any(other.id == item.id for other in self._items):
            raise RequestError(400, "item_exists", f"There is an item {item.id!r} already.", param="item.id")
        if after is None:
            self._items.append(item)
        elif after == "root":
            self._items.insert(0, item)
        else:
            self._items.insert(self._items.index(self.find(after, "previous_item_id")) + 1, item)
        del self._items[:-_MOST_ITEMS]
        self._forget_sound()

    def discard(self, item_id: str) -> None:
        """Nothing is left of it, if it was here."""
        self._items = [item for item in self._items if item.id != item_id]

    def before(self, item: Item) -> str | None:
        """Id of the one before it; None: it is the first, or has been deleted."""
        index = next((index for index, other in enumerate(self._items) if other is item), 0)
        return self._items[index - 1].id if index else None

    @property
    def last_reply(self) -> str:
        """What the assistant said last; "" at the beginning."""
        spoken = (item.text for item in reversed(self._items) if item.role == "assistant" and item.reading == "known")
        return next(spoken, "")

    def messages(self, text: str, language: str) -> Sequence[Message]:
        """The prompt for a reply to `text`, which stands for all items that are still open."""
        self._asked = text
        return self.prompt([*self.known(), Item("message", "user", text)], language)

    def prompt(self, items: Sequence[Item], language: str) -> list[Message]:
        """What the language model reads: instructions, tools, and the newest items that fit into its memory."""
        name = LANGUAGE_NAMES.get(language, f'the language "{language}"')
        wish = "" if language in ("en", "") else f"Answer in {name}."
        told = (item.text for item in items if item.role == "system")
        system = " ".join(part for part in (self.instructions, wish, *told, self.tools) if part)
        said = _alternating(self._remembered([_message(item) for item in items if item.role != "system"]))
        return [*([Message("system", system)] if system else []), *said]

    def add(self, turn: Turn) -> None:
        """The turn that has ended, whose items are here already, is known from now on."""
        self.settle("known")

    def tell(self, line: str, language: str) -> None:
        """What was told without a question is known: behind the last reply."""
        replies = (item for item in reversed(self.known()) if item.role == "assistant" and item.type == "message")
        if item := next(replies, None):
            item.afterwards = f"{item.afterwards} {line}".strip()

    def settle(self, reading: Reading) -> None:
        """What was open is known from now on, or was no part of what was talked about, such as a command."""
        for item in self._items:
            if item.reading == "open":
                item.reading = reading

    def known(self) -> list[Item]:
        """Those that the language model reads."""
        return [item for item in self._items if item.reading == "known"]

    def forget_half(self) -> bool:
        """The language model reads the older half of the items no more; False: it reads none."""
        known = self.known()
        for item in known[: (len(known) + 1) // 2]:
            item.reading = "left out"
        return bool(known)

    def clear(self) -> None:
        """The language model reads nothing of what was said so far."""
        while self.forget_half():
            pass

    def _remembered(self, messages: Sequence[Message]) -> Sequence[Message]:
        room = self._settings.memory_characters
        return messages[too_many([len(message.text) for message in messages], room) :]

    def _forget_sound(self) -> None:
        room = _KEPT_BYTES
        for item in reversed(self._items):
            if item.audio:
                room -= item.audio.samples.nbytes
                if room < 0:
                    item.audio = None


def _message(item: Item) -> Message:
    match item.type:
        case "message":
            text = f"{item.text} {item.afterwards}".rstrip()
            return Message("assistant" if item.role == "assistant" else "user", text)
        case "function_call":
            call = {"name": item.name, "arguments": _read_json(item.text)}
            return Message("assistant", json.dumps(call, ensure_ascii=False))
        case "function_call_output":
            return Message("user", f"The result of {item.name or 'the function'}: {item.text}")


def _read_json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def _alternating(messages: Iterable[Message]) -> list[Message]:
    """What one speaker said in a row is one message; the user is the first to speak, and the last."""
    said: list[Message] = []
    for message in messages:
        if not message.text:
            continue
        if said and said[-1].role == message.role:
            said[-1] = Message(message.role, f"{said[-1].text}\n{message.text}")
        else:
            said.append(message)
    if not said or said[0].role == "assistant":
        said.insert(0, Message("user", _GREETING))
    if said[-1].role == "assistant":
        said.append(Message("user", "Go on."))
    return said
