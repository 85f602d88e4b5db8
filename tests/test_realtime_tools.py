"""Functions of the client: how a model's wish becomes a call, and what becomes of the client's answer."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from realtime_server import LONG_REPLY, QUESTION, STT, client, pcm, replies, serving

from assistant.serve.errors import RequestError
from assistant.serve.realtime.function_choice import possible
from assistant.serve.realtime.session_config import FunctionTool, Property, ToolChoice
from assistant.serve.realtime.shape import checked
from assistant.serve.realtime.tools import CallSieve, FunctionCall, fits, offer

WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
        "required": ["city"],
    },
}
CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}'


async def sifted(*deltas: str, choice: ToolChoice = "auto") -> tuple[list[str], FunctionCall | None]:
    async def written() -> AsyncGenerator[str, None]:
        for delta in deltas:
            yield delta

    sieve = CallSieve([checked(FunctionTool, WEATHER)], choice)
    said = [delta async for delta in sieve.spoken(written())]
    return said, sieve.taken()[0]


@pytest.mark.parametrize("text", [CALL, f"<tool_call>\n{CALL}\n</tool_call>", f"```json\n{CALL}\n```", f"  {CALL}"])
async def test_a_call_is_kept_back_however_it_is_wrapped_and_cut(text: str) -> None:
    assert await sifted(*text) == ([], FunctionCall("get_weather", '{"city": "Paris"}'))
    assert await sifted(text) == ([], FunctionCall("get_weather", '{"city": "Paris"}'))


async def test_a_reply_is_let_through_word_by_word() -> None:
    assert await sifted("It", " is", " {warm}.") == (["It", " is", " {warm}."], None)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "rm", "arguments": {}}',
        '{"name": "get_weather", "arguments": {}}',
        '{"name": "get_weather", "arguments": {"city": 3}}',
        '{"name": "get_weather", "arguments": {"city": "Paris", "unit": "K"}}',
        '{"name": "get_weather", "arguments": {"city": "Paris", "shell": "ls"}}',
        '{"name": "get_weather", "arguments": "Paris"}',
        "{not json",
        "{" * 5000,
        "{" + " " * 9000,
    ],
)
async def test_what_is_no_proper_call_is_neither_said_nor_called(text: str) -> None:
    with pytest.raises(RequestError):
        await sifted(text)


async def test_a_model_that_must_call_and_does_not_has_failed() -> None:
    with pytest.raises(RequestError):
        await sifted("I do not know.", choice="required")


@given(st.text())
async def test_whatever_a_model_writes_is_said_called_or_refused(text: str) -> None:
    try:
        said, call = await sifted(text)
    except RequestError:
        return
    assert "".join(said) == text or call or not text.strip()


def test_a_model_is_told_only_of_the_functions_that_it_may_call() -> None:
    tools = [checked(FunctionTool, WEATHER), checked(FunctionTool, {"name": "other"})]
    assert "get_weather" in offer(tools, "auto")
    assert offer(tools, "none") == offer([], "auto") == ""


async def test_a_spoken_question_leads_to_a_call_and_its_output_to_an_answer(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(CALL, "It is sunny in Paris.")) as server, client(server) as caller:
        await caller.configure(tools=[WEATHER])
        await caller.push(pcm(QUESTION, then_silent_s=1.0))
        done = await caller.next("response.done")
        assert done["response"]["status"] == "completed"
        (item,) = done["response"]["output"]
        assert (item["type"], item["name"], json.loads(item["arguments"])) == (
            "function_call",
            "get_weather",
            {"city": "Paris"},
        )
        assert caller.joined("response.function_call_arguments.delta") == item["arguments"]
        assert caller.of("response.function_call_arguments.done")[0]["call_id"] == item["call_id"]
        assert not caller.of("response.output_audio.delta")
        output = {"type": "function_call_output", "call_id": item["call_id"], "output": '{"sky": "clear"}'}
        await caller.send("conversation.item.create", item=output)
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert done["response"]["output"][0]["content"][0]["transcript"] == "It is sunny in Paris."


async def test_the_answer_of_a_function_reaches_the_model_after_its_call(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(CALL, "")) as server, client(server) as caller:
        await caller.configure(tools=[WEATHER], output_modalities=["text"])
        await caller.write("Weather?")
        await caller.send("response.create")
        item = (await caller.next("response.done"))["response"]["output"][0]
        output = {"type": "function_call_output", "call_id": item["call_id"], "output": "clear"}
        await caller.send("conversation.item.create", item=output)
        await caller.send("response.create")
        done = await caller.next("response.done")
        said = done["response"]["output"][0]["content"][0]["text"]
        assert said == "You said: The result of get_weather: clear"


async def test_a_call_that_does_not_fit_fails_the_response_and_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies('{"name": "rm"}')) as server, client(server) as caller:
        await caller.configure(tools=[WEATHER], output_modalities=["text"])
        await caller.write("Weather?")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert done["response"]["status"] == "failed"
        assert done["response"]["status_details"]["error"]["code"] == "function_call_failed"
        await caller.send(
            "conversation.item.create",
            item={"type": "function_call_output", "call_id": "call_1", "output": "x"},
            event_id="no call",
        )
        assert (await caller.next("error"))["error"]["event_id"] == "no call"


async def test_one_response_may_be_made_in_another_way_and_beside_the_conversation(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        given = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sum up"}]}]
        aside = {"conversation": "none", "input": given, "output_modalities": ["text"], "metadata": {"for": "title"}}
        await caller.send("response.create", response=aside)
        done = (await caller.next("response.done"))["response"]
        assert done["output"][0]["content"][0]["text"] == "You said: Sum up"
        assert (done["conversation_id"], done["metadata"]) == (None, {"for": "title"})
        assert not caller.of("conversation.item.added")


async def test_beside_a_reply_that_sounds_others_are_written_and_each_can_be_cancelled(tmp_path: Path) -> None:
    slow = "llm.options.pause_s=0.02"
    async with serving(tmp_path, STT, replies(LONG_REPLY), slow) as server, client(server) as caller:
        await caller.write("A long story, please.")
        await caller.send("response.create")
        spoken = (await caller.next("response.created"))["response"]["id"]
        await caller.next("response.output_audio.delta")
        aside = {"conversation": "none", "output_modalities": ["text"], "metadata": {"for": "topic"}}
        for _ in range(5):
            await caller.send("response.create", response=aside)
        assert (await caller.next("error"))["error"]["code"] == "conversation_already_has_active_response"
        beside = [event["response"]["id"] for event in caller.of("response.created") if event["response"]["metadata"]]
        assert len(beside) == 4
        await caller.send("response.cancel", response_id=beside[3])
        done = {}
        while len(done) < 4:
            ended = (await caller.next("response.done"))["response"]
            done[ended["id"]] = ended["status"]
        assert done == {**dict.fromkeys(beside, "completed"), beside[3]: "cancelled"}
        await caller.send("response.cancel", response_id=spoken)
        assert (await caller.next("response.done"))["response"]["status"] == "cancelled"
        written = {event["response_id"] for event in caller.of("response.output_text.delta")}
        assert written >= set(beside[:3])
        assert spoken not in written
        assert len(caller.of("conversation.item.added")) == 2  # what was typed, and its reply


async def test_settings_that_come_while_the_model_writes_do_not_lose_its_call(tmp_path: Path) -> None:
    slow = "llm.options.pause_s=0.2"
    async with serving(tmp_path, STT, replies(CALL), slow) as server, client(server) as caller:
        await caller.configure(tools=[WEATHER], output_modalities=["text"])
        await caller.write("Weather?")
        await caller.send("response.create")
        await caller.next("response.created")
        await caller.configure(tracing="auto")
        done = await caller.next("response.done")
        assert [item["type"] for item in done["response"]["output"]] == ["function_call"]


LIGHT: dict[str, Any] = {
    "type": "function",
    "name": "switch_light",
    "parameters": {
        "type": "object",
        "properties": {
            "room": {"type": "string"},
            "state": {"type": "string", "enum": ["on", "off"]},
            "level": {"type": "integer"},
            "is_slow": {"type": "boolean"},
        },
        "required": ["room", "state", "level", "is_slow"],
    },
}


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "switch_light"}])
async def test_a_function_that_must_be_called_is_called_whatever_the_model_writes(tmp_path: Path, choice: Any) -> None:
    async with (
        serving(tmp_path, STT, replies("I would rather talk about the sea.")) as server,
        client(server) as caller,
    ):
        await caller.configure(output_modalities=["text"], tools=[LIGHT], tool_choice=choice)
        await caller.write("Dim the lamp in the kitchen to 30.")
        await caller.send("response.create")
        call = await caller.next("response.function_call_arguments.done")
        done = (await caller.next("response.done"))["response"]
    assert done["status"] == "completed"
    assert [item["type"] for item in done["output"]] == ["function_call"]
    assert call["name"] == "switch_light"
    arguments = json.loads(call["arguments"])
    assert arguments.keys() == {"room", "state", "level", "is_slow"}
    assert arguments["room"] in "Dim the lamp in the kitchen to 30."
    assert arguments["state"] in ("on", "off")
    assert arguments["level"] == 30
    assert isinstance(arguments["is_slow"], bool)


@given(
    st.text(max_size=60), st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "?"])
)
def test_every_possible_value_fits_its_schema(question: str, kind: str) -> None:
    schema = Property(type=kind)
    found = possible(question, schema)
    assert found
    assert kind == "?" or all(fits(value, schema) for value in found)
