"""What a request for a chat completion may hold, and what it means for a language model. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from assistant.serve.errors import RequestError
from assistant.serve.http.chat_tools import MOST_TOOLS, ChatTool, ChatToolChoice, Offer, ToolCall, offer_of
from assistant.serve.http.text import Body, Name, Text
from assistant.serve.realtime.tools import offer
from models.types import Message, ReplyOptions, Role

# Of one request: what a small model can read is shorter by far.
_MESSAGES = 1000


class TextPart(BaseModel):
    """A piece of a message; other kinds than text are refused."""

    type: Literal["text"]
    text: Text


class ChatMessage(BaseModel):
    """As OpenAI's."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | list[TextPart] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: Name = ""

    def message(self, called: dict[str, str]) -> Message:
        """As the language model reads it.

        Args:
            called: the name of each function that was called so far, by the id of the call; grows.

        Raises:
            RequestError: it is empty, or the result of no call.
        """
        content = self.content or ""
        text = content if isinstance(content, str) else "\n".join(part.text for part in content)
        if self.role == "tool":
            if self.tool_call_id not in called:
                message = f'There is no call with the id "{self.tool_call_id}" before this result.'
                raise RequestError(400, "invalid_value", message, param="messages")
            return Message("user", f"The result of {called[self.tool_call_id]}: {text}")
        calls = self.tool_calls or [] if self.role == "assistant" else []
        called.update((call.id, call.function.name) for call in calls)
        if self.content is None and not calls:
            raise RequestError(400, "missing", "A message has no content.", param="messages")
        role: Role = "system" if self.role == "developer" else self.role
        return Message(role, "\n".join([*filter(None, [text]), *(call.text() for call in calls)]))


class StreamOptions(BaseModel):
    """As OpenAI's."""

    include_usage: bool = False


class ResponseFormat(BaseModel):
    """Nothing here makes a model write JSON."""

    type: Literal["text"]


class ChatRequest(Body):
    """As OpenAI's, with `top_k` and `repetition_penalty` as local servers know them.

    What is left out is as the profile says. What would change the reply and is not known here is refused, not ignored.
    """

    messages: list[ChatMessage] = Field(min_length=1, max_length=_MESSAGES)
    model: Name = ""
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0)
    repetition_penalty: float | None = Field(None, gt=0, le=10)
    seed: int | None = None
    stop: Name | list[Name] | None = None
    language: str = Field("", pattern="^([a-z]{2,3})?$")
    n: Literal[1] = 1
    tools: list[ChatTool] = Field([], max_length=MOST_TOOLS)
    tool_choice: ChatToolChoice = "auto"
    logprobs: Literal[False] | None = None
    response_format: ResponseFormat | None = None
    frequency_penalty: float | None = Field(None, ge=0, le=0)
    presence_penalty: float | None = Field(None, ge=0, le=0)
    logit_bias: dict[str, float] | None = Field(None, max_length=0)

    def conversation(self) -> list[Message]:
        """One system message at most, then user and assistant in turn; neighbours of one role are one message.

        Raises:
            RequestError: neither the user nor a function has the last word, or a message is none.
        """
        merged: list[Message] = []
        called: dict[str, str] = {}
        wanted = self.offer()
        tools = offer(wanted.tools, wanted.choice)
        for message in [
            *(one.message(called) for one in self.messages),
            *([Message("system", tools)] if tools else []),
        ]:
            if message.role == "system" and merged and merged[0].role == "system":
                merged[0] = _joined(merged[0], message)  # instructions stand at the beginning, whenever they were given
            elif message.role == "system":
                merged.insert(0, message)
            elif merged and merged[-1].role == message.role:
                merged[-1] = _joined(merged[-1], message)
            else:
                merged.append(message)
        if merged[-1].role != "user":
            raise RequestError(400, "invalid_value", "The last message must be the user's.", param="messages")
        return merged

    def offer(self) -> Offer:
        """What may be called.

        Raises:
            RequestError: what must be called is not there.
        """
        return offer_of(self.tools, self.tool_choice)

    @property
    def question(self) -> str:
        """What the user said last."""
        said = (one for one in reversed(self.messages) if one.role == "user")
        return next((one.message({}).text for one in said), "")

    def options(self, defaults: ReplyOptions) -> ReplyOptions:
        """
        Args:
            defaults: of the profile.

        Raises:
            RequestError: a stop string is empty.
        """
        stop = tuple([self.stop] if isinstance(self.stop, str) else self.stop or [])
        if "" in stop or len(stop) > 4:  # as many as OpenAI takes
            raise RequestError(400, "invalid_value", "stop takes up to four texts, none of them empty.", param="stop")
        given = {
            "max_new_tokens": self.max_completion_tokens or self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "repetition_penalty": self.repetition_penalty,
            "seed": None if self.seed is None else self.seed % 2**63,  # OpenAI takes negative ones too
            "language": self.language or None,
        }
        named = {name: value for name, value in given.items() if value is not None}
        return replace(defaults, **named, stop=stop, count_tokens=True)  # type: ignore[arg-type]


def _joined(one: Message, other: Message) -> Message:
    return Message(one.role, f"{one.text}\n\n{other.text}")
