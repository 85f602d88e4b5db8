"""The events that a client may send, from text to values. Nothing that has not passed here reaches a conversation."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field

from assistant.serve.errors import RequestError
from assistant.serve.realtime.session_config import (
    AudioOutput,
    FunctionTool,
    Instructions,
    Modality,
    TokenLimit,
    ToolChoice,
)
from assistant.serve.realtime.shape import Shape, checked

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=64)]
# Longer than any conversation that a local model reads.
_Text: TypeAlias = Annotated[str, Field(max_length=100_000)]
Status: TypeAlias = Literal["completed", "incomplete", "in_progress"]


class Content(Shape):
    """A part of a message. Pictures are not understood here, and so not a part."""

    type: Literal["input_text", "input_audio", "output_text", "output_audio", "text"]
    text: _Text | None = None
    transcript: _Text | None = None
    audio: str | None = None


class Message(Shape):
    type: Literal["message"]
    role: Literal["user", "assistant", "system"]
    content: list[Content] = Field(max_length=16)
    id: Id | None = None
    object: str | None = None
    status: Status | None = None


class FunctionCall(Shape):
    type: Literal["function_call"]
    name: str
    arguments: _Text
    call_id: Id | None = None
    id: Id | None = None
    object: str | None = None
    status: Status | None = None


class FunctionCallOutput(Shape):
    type: Literal["function_call_output"]
    call_id: Id
    output: _Text
    id: Id | None = None
    object: str | None = None
    status: Status | None = None


class ItemReference(Shape):
    type: Literal["item_reference"]
    id: Id


NewItem: TypeAlias = Annotated[Message | FunctionCall | FunctionCallOutput, Field(discriminator="type")]
PromptItem: TypeAlias = Annotated[
    Message | FunctionCall | FunctionCallOutput | ItemReference, Field(discriminator="type")
]


class ResponseAudio(Shape):
    output: AudioOutput = AudioOutput()


class ResponseParams(Shape):
    """What is different for one response. `audio`: its format is the session's; a voice may be named."""

    audio: ResponseAudio | None = None
    conversation: Literal["auto", "none"] = "auto"
    input: list[PromptItem] | None = None
    instructions: Instructions | None = None
    max_output_tokens: TokenLimit | None = None
    metadata: dict[str, str] | None = Field(default=None, max_length=16)
    output_modalities: list[Modality] | None = Field(default=None, min_length=1, max_length=1)
    parallel_tool_calls: bool | None = None
    prompt: None = None
    reasoning: dict[str, Any] | None = None
    tool_choice: ToolChoice | None = None
    tools: list[FunctionTool] | None = None


class ClientEvent(Shape):
    """What all of them have."""

    event_id: Annotated[str, Field(max_length=512)] | None = None


class SessionUpdate(ClientEvent):
    """`session` is checked once it is known what it changes."""

    type: Literal["session.update"]
    session: dict[str, Any]


class BufferAppend(ClientEvent):
    type: Literal["input_audio_buffer.append"]
    audio: str


class BufferCommit(ClientEvent):
    type: Literal["input_audio_buffer.commit"]


class BufferClear(ClientEvent):
    type: Literal["input_audio_buffer.clear"]


class ItemCreate(ClientEvent):
    type: Literal["conversation.item.create"]
    item: NewItem
    previous_item_id: Id | None = None


class ItemRetrieve(ClientEvent):
    type: Literal["conversation.item.retrieve"]
    item_id: Id


class ItemDelete(ClientEvent):
    type: Literal["conversation.item.delete"]
    item_id: Id


class ItemTruncate(ClientEvent):
    type: Literal["conversation.item.truncate"]
    item_id: Id
    content_index: int
    audio_end_ms: int = Field(ge=0)


class ResponseCreate(ClientEvent):
    type: Literal["response.create"]
    response: ResponseParams | None = None


class ResponseCancel(ClientEvent):
    type: Literal["response.cancel"]
    response_id: Id | None = None


class Played(ClientEvent):
    """Ours: see `extensions`."""

    type: Literal["assistant.played"]
    item_id: Id
    audio_end_ms: int = Field(ge=0)


AnyClientEvent: TypeAlias = (
    SessionUpdate
    | BufferAppend
    | BufferCommit
    | BufferClear
    | ItemCreate
    | ItemRetrieve
    | ItemDelete
    | ItemTruncate
    | ResponseCreate
    | ResponseCancel
    | Played
)
_KINDS: dict[str, type[AnyClientEvent]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(AnyClientEvent)
}


def parsed(text: str) -> tuple[str | None, dict[str, Any]]:
    """A message of a client as JSON, and the id that the client gave the event, if it is of the right type.

    Raises:
        RequestError: it is no JSON object.
    """
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError(400, "invalid_json", "The message is not JSON.") from None
    if not isinstance(event, dict):
        raise RequestError(400, "invalid_event", "The message is not a JSON object.")
    event_id = event.get("event_id")
    return event_id if isinstance(event_id, str) else None, event


def event_of(message: dict[str, Any]) -> AnyClientEvent:
    """
    Raises:
        RequestError: the type is unknown, or a field is missing, unknown or wrong.
    """
    kind = message.get("type")
    if kind is None:
        raise RequestError(400, "missing_required_parameter", "type: Field required", param="type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise RequestError(400, "unknown_event", f"There is no client event {str(kind)[:100]!r}.", param="type")
    return checked(_KINDS[kind], message)


def sound(encoded: str, param: str) -> bytes:
    """The bytes behind base64.

    Raises:
        RequestError: it is none.
    """
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(400, "invalid_value", f"{param}: not base64", param=param) from None
