"""Functions of the client that the language model may ask for: how it is told of them, and how its wish is read.

Nothing is ever called here. What a model writes is at most a wish, which goes to the client; whether anything happens
is decided there.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

from assistant.serve.errors import RequestError
from assistant.serve.realtime.session_config import FunctionTool, Property, ToolChoice, ToolChoiceFunction
from models.errors import ModelError
from models.types import TokenCount

# How models that were trained for it, and those that were not, begin a call.
_BEGINNINGS = ("{", "<tool_call>", "```")
_WRAPPED = re.compile(r"^(?:<tool_call>|```(?:json)?)?\s*(\{.*\})\s*(?:</tool_call>|```)?$", re.DOTALL)
# Arguments are names and numbers; what is longer has gone astray.
_LONGEST_CALL = 8_192
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """`arguments`: a JSON object, as text."""

    name: str
    arguments: str


Choose: TypeAlias = Callable[[Sequence[FunctionTool]], Awaitable[FunctionCall]]


def offer(tools: Sequence[FunctionTool], choice: ToolChoice) -> str:
    """What the language model is told; "" without tools."""
    if not tools or choice == "none":
        return ""
    known = [
        tool.model_dump(include={"name", "description", "parameters"}, exclude_defaults=True)
        for tool in _allowed(tools, choice)
    ]
    if choice == "auto":
        when = "If one of these functions is needed for the answer, write nothing but the call"
    else:
        when = "Write nothing but a call of one of these functions"
    form = '{"name": "…", "arguments": {…}}'
    return f"{when}, as JSON: {form}\n{json.dumps(known, ensure_ascii=False)}"


class CallSieve:
    """Lets a reply through, and keeps back what is not for the ear: a function call, the count of its tokens."""

    def __init__(self, tools: Sequence[FunctionTool], choice: ToolChoice, choose: Choose | None = None) -> None:
        """
        Args:
            choose: makes a call of one of these tools, where one must be called and the model writes none.
        """
        self._choose = choose
        self._call: FunctionCall | None = None
        self._count: TokenCount | None = None
        self.adopt(tools, choice)

    def adopt(self, tools: Sequence[FunctionTool], choice: ToolChoice) -> None:
        """From the next reply on, these may be called."""
        self._tools = {tool.name: tool for tool in _allowed(tools, choice)}
        self._must_call = bool(self._tools) and choice != "auto"

    def taken(self) -> tuple[FunctionCall | None, TokenCount | None]:
        """What was kept back of the newest reply, once."""
        kept = self._call, self._count
        self._call = self._count = None
        return kept

    async def spoken(self, deltas: AsyncGenerator[str | TokenCount, None]) -> AsyncGenerator[str, None]:
        """What of a reply is to be said.

        Raises:
            RequestError: a function had to be called and was not, or in a way that does not fit its parameters.
        """
        self._call = self._count = None
        held, is_reply = "", not self._tools
        async with aclosing(deltas):
            async for delta in deltas:
                if isinstance(delta, TokenCount):
                    self._count = delta
                    continue
                if is_reply:
                    yield delta
                    continue
                held += delta
                may_be_call = _may_be_call(held.lstrip())
                if self._must_call and not may_be_call:
                    break  # it writes something else, and is not waited for
                if not may_be_call:
                    is_reply = True
                    yield held
                if len(held) > _LONGEST_CALL:
                    break
        if not is_reply and (held.strip() or self._must_call):
            self._call = await self._wanted(held.strip())

    async def _wanted(self, text: str) -> FunctionCall:
        try:
            return self._read(text)
        except RequestError as refusal:
            if not self._must_call or not self._choose:
                raise
            try:
                return await self._choose(list(self._tools.values()))
            except ModelError:  # it cannot tell what is likely, such as one behind another server
                raise refusal from None

    def _read(self, text: str) -> FunctionCall:
        match = _WRAPPED.match(text)
        try:
            call = json.loads(match[1]) if match else None
        except (ValueError, RecursionError):
            call = None
        match call:
            case {"name": str(name), "arguments": dict(arguments)} if name in self._tools:
                _check(arguments, self._tools[name])
                return FunctionCall(name, json.dumps(arguments, ensure_ascii=False))
        raise _failure("the model was to call a function and wrote none that there is")


def _failure(message: str) -> RequestError:
    return RequestError(500, "function_call_failed", f"There is no function call: {message}.")


def _may_be_call(text: str) -> bool:
    return any(text.startswith(beginning) or beginning.startswith(text) for beginning in _BEGINNINGS)


def _allowed(tools: Sequence[FunctionTool], choice: ToolChoice) -> Sequence[FunctionTool]:
    if choice == "none":
        return ()
    if isinstance(choice, ToolChoiceFunction):
        return [tool for tool in tools if tool.name == choice.name]
    return tools


def _check(arguments: Mapping[str, Any], tool: FunctionTool) -> None:
    """The top level of the schema: names, types, choices. What lies deeper is the client's to check."""
    properties = tool.parameters.properties
    missing = [name for name in tool.parameters.required if name not in arguments]
    unknown = [name for name in arguments if name not in properties]
    if missing or unknown:
        raise _failure(f"the model called {tool.name} with the wrong arguments: {', '.join(missing or unknown)}")
    for name, value in arguments.items():
        if not fits(value, properties[name]):
            raise _failure(f'the model called {tool.name} with an unfit "{name}"')


def fits(value: object, schema: Property) -> bool:
    """Whether an argument is one of the choices, or of one of the types, that the schema names."""
    if schema.enum is not None:
        return value in schema.enum
    names = [schema.type] if isinstance(schema.type, str) else schema.type
    if not names:
        return True
    if isinstance(value, bool):
        return "boolean" in names
    return isinstance(value, tuple(kind for name in names for kind in _TYPES.get(name, ())))
