"""What stands before every endpoint: keys, origins, sizes, rates; and what the server tells of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import openai
import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from realtime_server import DEADLINE_S, Server, client, serving
from starlette.datastructures import Headers

from assistant.serve.errors import RequestError
from assistant.serve.keys import check_key
from assistant.serve.origins import check_origin
from assistant.serve.rates import RequestRates
from assistant.serve.settings import Limits, ServerSettings, ServerUnsafe

KEY = "a-long-secret"


def test_other_machines_are_not_served_without_a_key() -> None:
    for host in ("0.0.0.0", "::", "192.168.0.7", "example.org", ""):
        with pytest.raises(ServerUnsafe, match="key"):
            ServerSettings(host=host)
        assert ServerSettings(host=host, keys=(KEY,)).keys == (KEY,)
    for host in ("127.0.0.1", "localhost", "::1", "127.0.0.53"):
        assert not ServerSettings(host=host).keys
    with pytest.raises(ServerUnsafe, match="ASCII"):
        ServerSettings(keys=("",))


async def test_who_has_no_key_is_told_so_before_a_body_is_read(tmp_path: Path) -> None:
    async with serving(tmp_path, keys=(KEY, "another")) as server:
        async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="wrong", max_retries=0) as stranger:
            with pytest.raises(openai.AuthenticationError) as refused:
                await stranger.models.list()
        assert refused.value.code == "invalid_api_key"
        for key in (KEY, "another"):
            async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key=key, max_retries=0) as friend:
                assert [model.id async for model in await friend.models.list()] == ["none", "scripted"]
        async with httpx.AsyncClient(base_url=server.address, timeout=DEADLINE_S) as nobody:
            paths = ["/v1/models", "/metrics", "/v1/nothing", "/v1/chat/completions"]
            answers = [await nobody.post(path, content=b"{") for path in paths]
            assert {answer.status_code for answer in answers} == {401}
            assert {answer.json()["error"]["code"] for answer in answers} == {"missing_api_key"}
            assert (await nobody.get("/healthz")).json() == {"status": "ok"}
        with pytest.raises(websockets.InvalidStatus) as closed:
            async with client(server):
                raise AssertionError("it was opened")
        assert closed.value.response.status_code == 401
        async with client(server, subprotocols=["realtime", f"openai-insecure-api-key.{KEY}"]) as browser:
            assert browser.kinds[0] == "session.created"


@pytest.mark.parametrize(
    ("headers", "is_served"),
    [
        ({}, True),
        ({"origin": "{address}"}, True),
        ({"origin": "https://trusted.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "http://127.0.0.1:1"}, False),
        ({"origin": "null"}, False),
        ({"host": "evil.example"}, False),
        ({"host": "[::1"}, False),
        ({"host": "evil.example", "origin": "http://evil.example"}, False),
    ],
)
async def test_pages_of_others_get_nothing(tmp_path: Path, headers: dict[str, str], is_served: bool) -> None:
    async with (
        serving(tmp_path, origins=("https://trusted.example",)) as server,
        httpx.AsyncClient(timeout=DEADLINE_S) as browser,
    ):
        sent = {name: value.format(address=server.address) for name, value in headers.items()}
        answer = await browser.get(f"{server.address}/v1/models", headers=sent)
        assert answer.status_code == (200 if is_served else 403)
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == ("https://trusted.example" if "trusted" in sent.get("origin", "") else None)


def test_with_a_key_the_name_of_the_server_is_free_and_the_origin_is_not() -> None:
    settings = ServerSettings("0.0.0.0", keys=(KEY,))
    check_origin(Headers({"host": "assistant.lan:8765", "origin": "http://assistant.lan:8765"}), settings)
    with pytest.raises(RequestError, match="origin"):
        check_origin(Headers({"host": "assistant.lan:8765", "origin": "http://[bad"}), settings)


async def test_a_body_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    limits = Limits(upload_bytes=50_000, json_bytes=5_000)

    json = b"Content-Type: application/json\r\n"
    async with (
        serving(tmp_path, limits=limits) as server,
        httpx.AsyncClient(base_url=server.address, timeout=DEADLINE_S) as sender,
    ):
        announced = await sender.post("/v1/audio/transcriptions", files={"file": b"x" * 60_000})
        # It grows, and does not end.
        grown = await answer_to(server, json + b"Transfer-Encoding: chunked\r\n\r\n1800\r\n" + b"x" * 0x1800 + b"\r\n")
        fits = await sender.post("/v1/audio/transcriptions", files={"file": b"x" * 40_000})
    assert (announced.status_code, announced.json()["error"]["code"]) == (413, "request_too_large")
    assert b" 413 " in grown
    assert fits.json()["error"]["code"] == "invalid_file"


async def answer_to(server: Server, headers_and_body: bytes) -> bytes:
    """What is answered to a chat completion that is not sent to its end."""
    where = urlsplit(server.address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + headers_and_body)
    async with asyncio.timeout(DEADLINE_S):
        answer = await reader.read()  # to its end: the server hangs up
    writer.close()
    return answer


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(body_s=0.2)) as server:
        answer = await answer_to(server, b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    assert b" 408 " in answer
    assert b"request_timeout" in answer


async def test_too_many_requests_a_minute_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, limits=Limits(requests_per_minute=3)) as server,
        httpx.AsyncClient(timeout=DEADLINE_S) as eager,
    ):
        answers = [await eager.get(f"{server.address}/v1/models") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
        assert answers[-1].json()["error"]["type"] == "rate_limit_error"
        assert (await eager.get(f"{server.address}/healthz")).status_code == 200


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 50)), max_size=80))
def test_no_client_gets_more_than_its_rate_and_none_waits_for_another(requests: list[tuple[str, float]]) -> None:
    rates, now_s = RequestRates(5), 0.0
    served: dict[str, list[float]] = {"a": [], "b": []}
    for name, pause_s in requests:
        now_s += pause_s
        wait_s = rates.wait_s(name, now_s)
        if not wait_s:
            served[name].append(now_s)
        else:
            assert rates.wait_s(name, now_s + wait_s / 2) > 0
    for times in served.values():
        for start_s in times:
            # A full bucket, and what flows in within the minute.
            assert sum(start_s <= time_s < start_s + 60 for time_s in times) <= 10
    assert RequestRates(5).wait_s("c", now_s) == 0


async def test_what_does_not_exist_is_an_error_like_any_other(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(base_url=server.address, timeout=DEADLINE_S) as lost:
        for answer in (await lost.get("/v1/nothing"), await lost.get("/docs"), await lost.get("/openapi.json")):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        wrong = await lost.get("/v1/chat/completions")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")
        unknown = await lost.get("/v1/models/gpt-9")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
        assert (await lost.get("/v1/models/scripted")).json()["licence"] == "Apache-2.0"


async def test_metrics_count_requests_jobs_and_queues(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(base_url=server.address, timeout=DEADLINE_S) as client:
        await client.post("/v1/audio/speech", json={"input": "One. Two. Three.", "response_format": "pcm"})
        await client.get("/v1/nothing/of/that/name")
        text = (await client.get("/metrics")).text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["assistant_requests_total", "/v1/audio/speech", "200"] == 1
    assert found["assistant_requests_total", "other", "404"] == 1
    assert found["assistant_request_seconds_count", "/v1/audio/speech"] == 1
    assert found["assistant_stage_seconds_count", "speak", "tts tone"] == 3
    assert found["assistant_worker_restarts_total", "stt"] == 0
    assert found["assistant_worker_waiting", "llm"] == 0
    assert found["assistant_sessions",] == 0
    assert not any("of/that/name" in part for key in found for part in key)


def test_keys_are_compared_whole() -> None:
    for good in ({"authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {KEY} "}):
        check_key(Headers(good), [KEY])
    for bad in (KEY[:-1], KEY + "x", "", "ключ", "Bearer"):
        with pytest.raises(RequestError):
            check_key(Headers(raw=[(b"authorization", f"Bearer {bad}".encode())]), [KEY])
    check_key(Headers({}), [])
