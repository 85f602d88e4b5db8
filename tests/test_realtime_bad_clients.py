"""Clients that send nonsense or too much, that do not read, or vanish: the server stays up, and keeps nothing."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import json
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from realtime_server import DEADLINE_S, LONG_REPLY, QUESTION, STT, Server, client, pcm, replies, serving, until

from assistant.serve.errors import RequestError
from assistant.serve.realtime.client_events import event_of, parsed
from assistant.serve.settings import Limits

LOUD = {"type": "server_vad", "threshold": 2}


@pytest.mark.parametrize(
    ("kind", "fields", "code", "param"),
    [
        ("session.shout", {}, "unknown_event", "type"),
        (None, {}, "missing_required_parameter", "type"),
        (7, {}, "unknown_event", "type"),
        ("input_audio_buffer.append", {}, "missing_required_parameter", "audio"),
        ("input_audio_buffer.append", {"audio": "%%"}, "invalid_value", "audio"),
        ("input_audio_buffer.append", {"audio": 3}, "invalid_type", "audio"),
        ("conversation.item.delete", {"item_id": "x", "extra": 1}, "unknown_parameter", "extra"),
        ("conversation.item.create", {"item": {"type": "mcp_call"}}, "invalid_value", "item"),
        ("response.create", {"response": {"max_output_tokens": 0}}, "invalid_value", "response.max_output_tokens"),
        *(
            ("session.update", {"session": {place: change}}, code, f"session.{place}.{param}")
            for place, change, code, param in (
                ("audio", {"input": {"format": {"type": "audio/mp3"}}}, "invalid_value", "input.format.type"),
                ("audio", {"input": {"turn_detection": LOUD}}, "invalid_value", "input.turn_detection.threshold"),
                ("audio", {"output": {"voice": "nobody"}}, "voice_not_found", "output.voice"),
                ("audio", {"output": {"voice": 3}}, "invalid_type", "output.voice"),
                ("assistant", {"temperature": -1}, "invalid_value", "temperature"),
            )
        ),
    ],
)
async def test_what_is_wrong_is_told_with_its_place_and_the_socket_stays_open(
    tmp_path: Path, kind: object, fields: dict[str, Any], code: str, param: str
) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        kinds = {} if kind is None else {"type": kind}
        await caller.socket.send(json.dumps({**kinds, **fields, "event_id": "mine"}))
        error = (await caller.next("error"))["error"]
        assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")
        assert error["type"] == "invalid_request_error"
        await still_works(server)
        await caller.configure(instructions="Be brief.")


async def still_works(server: Server) -> None:
    async with client(server) as caller:
        await caller.configure(output_modalities=["text"])
        await caller.write("Still there?")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert done["response"]["status"] == "completed"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "[" * 100_000, '{"type": "x", "event_id": {}}'])
async def test_what_is_no_event_is_told_and_not_fatal(tmp_path: Path, text: str) -> None:
    async with serving(tmp_path) as server, client(server) as caller:
        await caller.socket.send(text)
        await caller.next("error")
        await caller.socket.send(b"\xff\x00")
        await caller.next("error")
        await still_works(server)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_KINDS = (
    "session.update input_audio_buffer.append conversation.item.create conversation.item.truncate response.create"
    " response.cancel assistant.played"
).split()
_FIELDS = "session audio item item_id content_index audio_end_ms response response_id event_id previous_item_id".split()


@given(st.sampled_from(_KINDS), st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=5))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_event_is_understood_or_refused(kind: str, fields: dict[str, Any]) -> None:
    try:
        event_of(parsed(json.dumps({"type": kind, **fields}))[1])
    except RequestError as refusal:
        json.dumps(refusal.body())


async def test_a_message_of_100_megabytes_ends_only_its_own_connection(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        before = psutil.Process().memory_info().rss
        with contextlib.suppress(websockets.ConnectionClosed):
            await caller.socket.send("x" * 100_000_000)
        await caller.socket.wait_closed()
        assert caller.socket.close_code in (1006, 1009)  # the answer may be lost while so much is on its way
        gc.collect()
        assert psutil.Process().memory_info().rss - before < 300_000_000  # of which the client holds a third
        await still_works(server)


async def test_half_a_frame_and_then_silence_hold_up_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server:
        place = urlsplit(server.address)
        half = await asyncio.to_thread(socket.create_connection, (place.hostname, place.port))
        with half:
            await asyncio.to_thread(half.sendall, _upgrade(place.netloc))
            await until(lambda: server.service.open_sessions == 1)
            await asyncio.to_thread(half.sendall, b"\x81\xfe\x10\x00mask and then a part of")
            await still_works(server)
        await until(lambda: server.service.open_sessions == 0)


async def test_who_sends_no_request_is_let_go_and_who_talks_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.serve.slow_requests.HEADERS_S", 0.3)
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        place = urlsplit(server.address)
        for sent in (
            b"",
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET",
        ):
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(sent)
            async with asyncio.timeout(30):
                await reader.read()  # to its end: the server hangs up
            writer.close()
        await caller.write("Still there?")
        await caller.send("response.create")
        assert (await caller.next("response.done"))["response"]["status"] == "completed"


def _upgrade(host: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /v1/realtime HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def test_a_client_that_does_not_read_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.serve.realtime.outbox._MOST_WAITING", 200_000)
    async with serving(tmp_path, STT, replies(LONG_REPLY)) as server:
        place = urlsplit(server.address)
        deaf = socket.create_connection((place.hostname, place.port))
        with deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.sendall(_upgrade(place.netloc))
            await until(lambda: server.service.open_sessions == 1)
            ask = json.dumps({"type": "session.update", "session": {"instructions": "x" * 30_000}})
            loop = asyncio.get_running_loop()
            deaf.setblocking(False)
            for _ in range(400):  # each is answered with as much
                if not server.service.open_sessions:
                    break
                try:
                    async with asyncio.timeout(1):
                        await loop.sock_sendall(deaf, _masked(ask))
                except (TimeoutError, OSError):
                    break
            await until(lambda: server.service.open_sessions == 0)
        await still_works(server)


def _masked(text: str) -> bytes:
    return b"\x81\xfe" + len(text).to_bytes(2, "big") + b"\0\0\0\0" + text.encode()


async def test_a_client_that_vanishes_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(LONG_REPLY), "tts.voices.tone.options.pause_s=0.01") as server:
        await still_works(server)
        tasks = len(asyncio.all_tasks())
        for _ in range(3):
            async with client(server) as caller:
                await caller.push(pcm(QUESTION, then_silent_s=1.0))
                await caller.next("response.output_audio.delta")
                caller.socket.transport.abort()
        async with client(server) as caller:
            await caller.push(pcm(QUESTION))  # in mid-speech
            await caller.next("input_audio_buffer.speech_started")
            caller.socket.transport.abort()
        await until(lambda: server.service.open_sessions == 0)
        await until(lambda: not any(worker.busy or worker.waiting for worker in server.service.stages.workers()))
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        await still_works(server)


async def test_a_thousand_connections_one_after_another_keep_memory_flat(tmp_path: Path) -> None:
    async def come_and_go(times: int) -> None:
        for _ in range(times):
            async with websockets.connect(server.socket, open_timeout=DEADLINE_S) as visitor:
                await visitor.recv()

    async with serving(tmp_path, STT, replies("")) as server:
        await asyncio.gather(*(come_and_go(60) for _ in range(8)))
        await until(lambda: server.service.open_sessions == 0)
        gc.collect()
        before = psutil.Process().memory_info().rss
        await asyncio.gather(*(come_and_go(125) for _ in range(8)))
        await until(lambda: server.service.open_sessions == 0)
        gc.collect()
        assert psutil.Process().memory_info().rss - before < 60_000_000  # 60 kB each would be a leak; it is 12 kB
        await still_works(server)


async def test_more_conversations_than_may_be_are_told_so(tmp_path: Path) -> None:
    limits = Limits(sessions=1, requests_per_minute=100_000)
    async with (
        serving(tmp_path, limits=limits) as server,
        client(server),
        websockets.connect(server.socket, open_timeout=DEADLINE_S) as second,
    ):
        assert json.loads(await second.recv())["error"]["code"] == "too_many_sessions"
        await second.wait_closed()
        assert second.close_code == 1013


async def test_a_conversation_ends_when_it_has_lasted_as_long_as_it_may(tmp_path: Path) -> None:
    limits = Limits(session_s=0.2, requests_per_minute=100_000)
    async with serving(tmp_path, limits=limits) as server, client(server) as caller:
        assert (await caller.next("error"))["error"]["code"] == "session_expired"
        await caller.socket.wait_closed()
        assert caller.socket.close_code == 1000


async def test_a_page_of_a_stranger_and_a_client_without_the_key_are_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, keys=("secret",)) as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(server.socket)
        assert refused.value.response.status_code == 401
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(server.socket, origin="https://elsewhere.example")  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
        async with client(server, subprotocols=["realtime", "openai-insecure-api-key.secret"]) as caller:
            assert caller.socket.subprotocol == "realtime"
