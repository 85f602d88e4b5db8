"""POST /v1/chat/completions, asked by the official client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from realtime_server import DEADLINE_S, Server, serving, until

from assistant.serve.errors import RequestError
from assistant.serve.http.chat_request import ChatRequest
from models.types import Message, ReplyOptions

HELLO: Any = [{"role": "user", "content": "What is the capital of France?"}]
REPLY = "The capital of France is Paris. It lies on the Seine."  # of the scripted profile
SLOW = "llm.options={pause_s=0.05, replies=['" + "one two " * 200 + "']}"
WHOLE_S = 400 * 0.05  # what all of it takes


def asking(server: Server) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)


async def test_a_reply_comes_whole_with_its_usage(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, asking(server) as client:
        reply = await client.chat.completions.create(model="scripted", messages=HELLO)
    assert reply.choices[0].message.content == REPLY
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (6, 11, 17)


async def test_a_stream_brings_the_same_reply_word_by_word(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, asking(server) as client:
        stream = await client.chat.completions.create(
            model="scripted", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    *pieces, end, usage = chunks
    assert [piece.choices[0].delta.content for piece in pieces] == [
        word if index == 0 else f" {word}" for index, word in enumerate(REPLY.split())
    ]
    assert pieces[0].choices[0].delta.role == "assistant"
    assert end.choices[0].finish_reason == "stop"
    assert usage.choices == []
    assert usage.usage is not None
    assert usage.usage.completion_tokens == len(REPLY.split())
    assert len({chunk.id for chunk in chunks}) == 1


async def test_a_reply_ends_at_its_greatest_length_and_at_a_stop_string(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, asking(server) as client:
        short = await client.chat.completions.create(model="", messages=HELLO, max_completion_tokens=3)
        stopped = await client.chat.completions.create(model="", messages=HELLO, stop=["Paris", "London"])
    assert (short.choices[0].message.content, short.choices[0].finish_reason) == ("The capital of", "length")
    assert (stopped.choices[0].message.content, stopped.choices[0].finish_reason) == (
        "The capital of France is",
        "stop",
    )


async def test_what_the_model_cannot_read_is_the_clients_fault(tmp_path: Path) -> None:
    async with serving(tmp_path, "llm.options={context_tokens=5}") as server, asking(server) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.chat.completions.create(model="", messages=HELLO)
    assert refused.value.code == "context_length_exceeded"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_model_that_fails_is_an_error_without_internals(tmp_path: Path, stream: bool) -> None:
    async with serving(tmp_path, "llm.options={fail_on=[1]}") as server, asking(server) as client:
        with pytest.raises(openai.InternalServerError) as failed:
            await client.chat.completions.create(model="", messages=HELLO, stream=stream)
        assert failed.value.code == "engine_failed"
        assert "script" not in str(failed.value)
        assert (await client.chat.completions.create(model="", messages=HELLO)).choices


@asynccontextmanager
async def begun(client: httpx.AsyncClient, server: Server) -> AsyncIterator[None]:
    """A long reply of which the first word has come; at the end whoever asked for it leaves."""
    body = {"messages": HELLO, "stream": True, "max_tokens": 400}
    async with client.stream("POST", f"{server.address}/v1/chat/completions", json=body) as response:
        async for _ in response.aiter_lines():
            break
        yield


async def test_who_leaves_in_mid_reply_leaves_no_job_behind(tmp_path: Path) -> None:
    async with serving(tmp_path, SLOW) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        async with begun(client, server):
            pass
        llm = server.service.stages.llm
        await until(lambda: not llm.busy)
        assert llm.waiting == 0
        assert llm.times.seconds["reply"] < WHOLE_S  # it was not written to its end


async def test_too_many_in_line_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with serving(tmp_path, SLOW) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        body = {"messages": HELLO, "max_tokens": 2}
        url = f"{server.address}/v1/chat/completions"
        async with begun(client, server):
            asked = [asyncio.create_task(client.post(url, json=body)) for _ in range(40)]
            await until(lambda: any(each.done() for each in asked))
        answers = await asyncio.gather(*asked)
    refused = [answer for answer in answers if answer.status_code == 503]
    assert 1 <= len(refused) < 40
    assert {answer.status_code for answer in answers} == {200, 503}
    assert refused[0].json()["error"]["code"] == "server_busy"
    assert int(refused[0].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hello."}]}, "messages"),
        ({"messages": [{"role": "wizard", "content": "Hello."}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages.0"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"stop": ["", "x"]}, "stop"),
    ],
)
async def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], param: str) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answer = await client.post(f"{server.address}/v1/chat/completions", json={"messages": HELLO, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(param)


async def test_null_means_the_same_as_nothing(tmp_path: Path) -> None:
    named = ["stream_options", "tools", "n", "stop", "seed", "response_format", "temperature", "logit_bias", "user"]
    async with serving(tmp_path) as server, httpx.AsyncClient(base_url=server.address, timeout=DEADLINE_S) as client:
        nothing: dict[str, Any] = dict.fromkeys(named)
        chat = await client.post("/v1/chat/completions", json={"messages": HELLO, **nothing})
        speech = await client.post("/v1/audio/speech", json={"input": "Hello.", "speed": None, "instructions": None})
    assert (chat.status_code, speech.status_code) == (200, 200)


async def test_of_several_kinds_the_error_is_that_of_the_kind_that_was_meant(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        part = {"type": "image_url", "image_url": {"url": "x"}}
        body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Look:"}, part]}]}
        picture = await client.post(f"{server.address}/v1/chat/completions", json=body)
        nested = await client.post(
            f"{server.address}/v1/chat/completions", json={"messages": HELLO, "stream_options": 3}
        )
        biased = {"messages": HELLO, "logit_bias": {"1": 2}}
        unknown = await client.post(f"{server.address}/v1/chat/completions", json=biased)
    assert picture.json()["error"]["param"] == "messages.0.content.1.type"
    assert nested.json()["error"]["param"] == "stream_options"
    assert unknown.json()["error"]["message"] == "logit_bias: this server cannot do that"


@pytest.mark.parametrize("body", [b"{", b"[1]", b"[" * 200_000, b'"text"', b"\xff\xfe", b"", b"null"])
async def test_a_body_that_is_no_request_is_refused(tmp_path: Path, body: bytes) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        headers = {"content-type": "application/json"}
        answer = await client.post(f"{server.address}/v1/chat/completions", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert (await client.get(f"{server.address}/healthz")).status_code == 200


async def test_who_does_not_say_that_it_is_json_is_told_how(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        for body, kind in ((b'{"messages": []}', "text/plain"), (b"{bad", "application/json")):
            headers = {"content-type": kind}
            answer = await client.post(f"{server.address}/v1/chat/completions", content=body, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
            assert "content-type: application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"messages":[{"role":"user","content":"half \\ud800 a character"}]}', "messages"),
        (b'{"model":"\\ud800","messages":[{"role":"user","content":"Hi."}]}', "model"),
        (b'{"messages":[{"role":"user","content":"Hi."}],"stop":"\\ud800"}', "stop"),
        (b'{"messages":[{"role":"user","content":"Hi."}],"temperature":NaN}', "temperature"),
        (b'{"messages":[{"role":"user","content":"Hi."}],"seed":1e999}', "seed"),
    ],
)
async def test_what_json_can_hold_and_nothing_can_mean_is_refused(tmp_path: Path, body: bytes, param: str) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        headers = {"content-type": "application/json"}
        answer = await client.post(f"{server.address}/v1/chat/completions", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(param)


def request(*messages: tuple[str, str], **options: Any) -> ChatRequest:
    listed = [{"role": role, "content": text} for role, text in messages]
    return ChatRequest.model_validate({"messages": listed, **options})


def test_messages_become_what_every_model_can_read() -> None:
    asked = request(
        ("user", "Hi."),
        ("user", "Are you there?"),
        ("developer", "Be brief."),
        ("assistant", "Yes."),
        ("system", "Be kind."),
        ("user", "Good."),
    )
    assert asked.conversation() == [
        Message("system", "Be brief.\n\nBe kind."),
        Message("user", "Hi.\n\nAre you there?"),
        Message("assistant", "Yes."),
        Message("user", "Good."),
    ]
    with pytest.raises(RequestError, match="the user's"):
        request(("user", "Hi."), ("assistant", "Yes.")).conversation()


def test_sampling_is_the_profiles_where_nothing_else_is_said() -> None:
    profile = ReplyOptions(max_new_tokens=50, temperature=0.3, top_k=7)
    assert request(("user", "Hi.")).options(profile) == ReplyOptions(
        max_new_tokens=50, temperature=0.3, top_k=7, count_tokens=True
    )
    asked = request(
        ("user", "Hi."), max_tokens=9, temperature=1, top_p=0.5, top_k=3, repetition_penalty=1.5, seed=-1, stop="\n"
    )
    assert asked.options(profile) == ReplyOptions(9, 1, 3, 0.5, 1.5, 2**63 - 1, stop=("\n",), count_tokens=True)
