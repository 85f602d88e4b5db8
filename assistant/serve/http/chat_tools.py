"""Functions in chat completions: how a client offers them, how calls and results stand among the messages. Pure.

Nothing is called here: a call is what the model wishes, and goes to the client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from assistant.serve.errors import RequestError
from assistant.serve.http.text import Name, Text
from assistant.serve.realtime.session_config import FunctionTool, Parameters, ToolChoice, ToolChoiceFunction
from assistant.serve.realtime.tools import FunctionCall

# As many as the realtime socket takes: a small model reads them all before it answers.
MOST_TOOLS = 32


class Function(BaseModel):
    """As OpenAI's; the top level of `parameters` is always kept to, so `strict` says nothing new."""

    name: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    description: str = Field("", max_length=4_000)
    parameters: Parameters = Parameters()
    strict: bool | None = None


class ChatTool(BaseModel):
    """As OpenAI's."""

    type: Literal["function"]
    function: Function

    def tool(self) -> FunctionTool:
        """As the realtime socket knows it."""
        function = self.function
        return FunctionTool(
            name=function.name, description=function.description, parameters=function.parameters.model_copy()
        )


class Named(BaseModel):
    """A function by its name."""

    name: Name


class ChosenTool(BaseModel):
    """The one that must be called."""

    type: Literal["function"]
    function: Named


ChatToolChoice: TypeAlias = Literal["none", "auto", "required"] | ChosenTool


class Called(BaseModel):
    """`arguments`: a JSON object, as text."""

    name: Name
    arguments: Text


class ToolCall(BaseModel):
    """A call that was made earlier in the conversation."""

    id: Name
    type: Literal["function"] = "function"
    function: Called

    def text(self) -> str:
        """As the model wrote it."""
        try:
            arguments: object = json.loads(self.function.arguments)
        except (ValueError, RecursionError):
            arguments = self.function.arguments
        return json.dumps({"name": self.function.name, "arguments": arguments}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be called, and what must be."""

    tools: Sequence[FunctionTool]
    choice: ToolChoice


def offer_of(tools: Sequence[ChatTool], choice: ChatToolChoice) -> Offer:
    """
    Raises:
        RequestError: the function that is to be called is not among them, or none is and one must be called.
    """
    offered = [tool.tool() for tool in tools]
    if isinstance(choice, ChosenTool):
        name = choice.function.name
        if name not in {tool.name for tool in offered}:
            raise RequestError(400, "invalid_value", f'tool_choice: there is no tool "{name}"', param="tool_choice")
        return Offer(offered, ToolChoiceFunction(type="function", name=name))
    if choice == "required" and not offered:
        raise RequestError(400, "invalid_value", "tool_choice: there are no tools", param="tool_choice")
    return Offer(offered, choice)


def shown(call: FunctionCall, call_id: str) -> Mapping[str, Any]:
    """As OpenAI shows it."""
    return {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
