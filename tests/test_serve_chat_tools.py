"""Functions in chat completions, asked by the official client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest
from realtime_server import replies, serving

CALL = '{"name": "clock", "arguments": {"zone": "Paris"}}'
ASKED: Any = [{"role": "user", "content": "What time is it?"}]
PARAMETERS = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
CLOCK: Any = {"type": "function", "function": {"name": "clock", "description": "Tells time.", "parameters": PARAMETERS}}
# Of which there is only one call that is possible.
BELL: Any = {
    "type": "function",
    "function": {"name": "bell", "parameters": {"properties": {"tone": {"enum": ["high"]}}, "required": ["tone"]}},
}


def asking(address: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)


async def test_the_client_is_asked_to_call_and_tells_the_result(tmp_path: Path) -> None:
    async with serving(tmp_path, replies(CALL, "It is noon.")) as server, asking(server.address) as client:
        first = await client.chat.completions.create(model="", messages=ASKED, tools=[CLOCK])
        (choice,) = first.choices
        assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
        (call,) = choice.message.tool_calls or []
        assert call.type == "function"
        assert (call.function.name, json.loads(call.function.arguments)) == ("clock", {"zone": "Paris"})
        told: Any = [
            *ASKED,
            choice.message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "12:00"},
        ]
        second = await client.chat.completions.create(model="", messages=told, tools=[CLOCK])
    assert (second.choices[0].finish_reason, second.choices[0].message.content) == ("stop", "It is noon.")
    assert second.choices[0].message.tool_calls is None


async def test_a_call_is_streamed_and_text_stays_text(tmp_path: Path) -> None:
    async with serving(tmp_path, replies(CALL, "Hello.")) as server, asking(server.address) as client:
        asked: Any = {"model": "", "messages": ASKED, "tools": [CLOCK], "stream": True}
        *pieces, end = [chunk.choices[0] async for chunk in await client.chat.completions.create(**asked)]
        (delta,) = [piece.delta for piece in pieces]
        assert (delta.role, delta.content, end.finish_reason) == ("assistant", None, "tool_calls")
        assert delta.tool_calls
        assert delta.tool_calls[0].function
        assert delta.tool_calls[0].function.name == "clock"
        again = [chunk.choices[0] async for chunk in await client.chat.completions.create(**asked)]
    assert "".join(choice.delta.content or "" for choice in again) == "Hello."
    assert again[-1].finish_reason == "stop"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "bell"}}])
async def test_a_call_that_must_be_made_is_made_where_the_model_writes_none(tmp_path: Path, choice: Any) -> None:
    tools = [BELL] if choice == "required" else [CLOCK, BELL]
    async with serving(tmp_path, replies("Certainly!")) as server, asking(server.address) as client:
        made = await client.chat.completions.create(model="", messages=ASKED, tools=tools, tool_choice=choice)
    (call,) = made.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("bell", {"tone": "high"})


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "no name"}}]}, "tools.0.function.name"),
        ({"tools": [CLOCK], "tool_choice": {"type": "function", "function": {"name": "bell"}}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"messages": [*ASKED, {"role": "tool", "tool_call_id": "call_9", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages"),
    ],
)
async def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], param: str) -> None:
    async with serving(tmp_path) as server, asking(server.address) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.chat.completions.create(**{"model": "", "messages": ASKED, **change})
    assert refused.value.param == param
