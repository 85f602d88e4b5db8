"""Language models behind a server, asked of a small real one that behaves as it is told."""

from __future__ import annotations

import json
import math
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import EngineFailed, SettingError
from models.llm import server_sent_events
from models.llm.openai import OpenAILanguageModel
from models.types import EngineSpec, Message, ReplyOptions

QUESTION = [Message("system", "Be brief."), Message("user", "What is the capital of France?")]
# Long enough for whatever a busy machine may do in between; nothing waits for it unless a test fails.
DEADLINE_S = 30.0


def delta(text: str | None, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


PARIS = [delta(""), delta("Par"), delta("is."), delta(None, "stop"), b'data: {"choices": []}\n\n', b"data: [DONE]\n\n"]


@dataclass
class Server:
    """What to answer, and what was asked.

    Attributes:
        pieces: sent one after another, each in a chunk of its own.
        break_off: closes the connection without ending the answer.
        hold: after the pieces, keeps the connection alive until this is set or the client is gone.
        client_gone: set when that was noticed.
    """

    url: str = ""
    status: int = 200
    pieces: Sequence[bytes] = tuple(PARIS)
    break_off: bool = False
    hold: threading.Event | None = None
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    client_gone: threading.Event = field(default_factory=threading.Event)


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listening

    def do_POST(self) -> None:
        told = self.server.told
        told.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        told.headers.append({**self.headers, "path": self.path})
        self.send_response(told.status)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self._send(told)
        except (BrokenPipeError, ConnectionResetError):
            told.client_gone.set()
        self.close_connection = True

    def _send(self, told: Server) -> None:
        for piece in told.pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        while told.hold and not told.hold.wait(0.01):
            self.wfile.write(b"c\r\n: waiting..\n\r\n")
        if not told.break_off:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test that passes is silent."""


class _Listening(ThreadingHTTPServer):
    def __init__(self, told: Server) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.told = told


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()
    with _Listening(told) as listening:
        told.url = f"http://127.0.0.1:{listening.server_port}/v1"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield told
        if told.hold:
            told.hold.set()
        listening.shutdown()
        thread.join(DEADLINE_S)


Connect = Callable[..., OpenAILanguageModel]


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    engines = []

    def engine(**options: object) -> OpenAILanguageModel:
        options = {"base_url": server.url, "timeout_s": DEADLINE_S, **options}
        engines.append(OpenAILanguageModel(EngineSpec("llm", "openai", model="small", options=options)))
        return engines[-1]

    yield engine
    for made in engines:
        made._client.close()


def said(engine: OpenAILanguageModel, options: ReplyOptions | None = None) -> str:
    return "".join(engine.reply(QUESTION, options or ReplyOptions()))


def test_the_reply_is_what_the_server_streams(connect: Connect) -> None:
    assert list(connect().reply(QUESTION, ReplyOptions())) == ["Par", "is."]


def test_the_server_is_told_model_messages_and_sampling(server: Server, connect: Connect) -> None:
    said(connect(), ReplyOptions(50, temperature=0.5, top_k=40, top_p=0.9, repetition_penalty=1.2, seed=3))
    assert server.headers[0]["path"] == "/v1/chat/completions"
    assert server.requests[0] == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is the capital of France?"},
        ],
        "stream": True,
        "max_tokens": 50,
        "temperature": 0.5,
        "top_k": 40,
        "top_p": 0.9,
        "repetition_penalty": 1.2,
        "seed": 3,
    }


def test_what_has_no_effect_is_not_sent_to_a_strict_server(server: Server, connect: Connect) -> None:
    said(connect(), ReplyOptions(repetition_penalty=1.0))
    assert not server.requests[0].keys() & {"top_k", "repetition_penalty", "seed"}


def test_lines_may_be_cut_anywhere(server: Server, connect: Connect) -> None:
    stream = b": keep-alive\r\n\r\nevent: x\n" + delta("Où est\u2028 la gare ?") + b"data: [DONE]\n\n"
    server.pieces = [bytes([byte]) for byte in stream]
    assert said(connect()) == "Où est\u2028 la gare ?"


def test_a_reply_that_says_it_is_finished_needs_no_last_word(server: Server, connect: Connect) -> None:
    server.pieces = [delta("Paris."), delta(None, "stop")]
    assert said(connect()) == "Paris."


def test_a_server_that_disregards_the_length_is_stopped(server: Server, connect: Connect) -> None:
    server.pieces = [delta("la ")] * 100
    assert said(connect(), ReplyOptions(max_new_tokens=3)) == "la la la "


def test_closing_the_reply_closes_the_connection(server: Server, connect: Connect) -> None:
    server.hold, server.pieces = threading.Event(), [delta("Par")]
    engine = connect()
    reply = engine.reply(QUESTION, ReplyOptions())
    assert next(reply) == "Par"
    reply.close()  # type: ignore[attr-defined]
    assert server.client_gone.wait(DEADLINE_S)
    server.hold, server.pieces = None, PARIS
    assert said(engine) == "Paris."


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, b'{"error": {"message": "no key"}}', "401.*no key.*api_key_env"),
        (404, b'{"error": {"message": "model not found"}}', '404.*model not found.*"small"'),
        (404, b"<html>what?</html>", "404.*what"),
        (500, b'{"error": "out of\\nmemory"}', "500.*out of memory"),
        (503, b"", "503.*nothing more"),
        (302, b"elsewhere", "302"),
    ],
)
def test_a_refusal_is_one_line_with_the_servers_own_words(
    server: Server, connect: Connect, status: int, body: bytes, message: str
) -> None:
    server.status, server.pieces = status, [body] if body else []
    with pytest.raises(EngineFailed, match=message) as caught:
        said(connect())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([delta("Par"), b"data: {not json\n\n"], "not part of a chat completion"),
        ([b"data: 7\n\n"], "not part of a chat completion"),
        ([b'data: {"choices": [{}]}\n\n'], "not part of a chat completion"),
        ([b"data: " + b"[" * 100_000 + b"\n\n"], "not part of a chat completion"),
        ([b'data: {"error": {"message": "the GPU fell off"}}\n\n'], "the GPU fell off"),
        ([delta("Par")], "ended before the reply did"),
        ([b"<html>a portal</html>"], "ended before the reply did"),
        ([], "ended before the reply did"),
        ([b"data: " + b"x" * server_sent_events.MAX_LINE_BYTES], "a line of more than"),
    ],
)
def test_a_stream_that_makes_no_sense_is_an_error(
    server: Server, connect: Connect, pieces: Sequence[bytes], message: str
) -> None:
    server.pieces = pieces
    with pytest.raises(EngineFailed, match=message):
        said(connect())


def test_a_connection_that_breaks_is_an_error(server: Server, connect: Connect) -> None:
    server.pieces, server.break_off = [delta("Par")], True
    engine = connect()
    with pytest.raises(EngineFailed, match="failed"):
        said(engine)
    server.break_off, server.pieces = False, PARIS
    assert said(engine) == "Paris."


def test_a_server_that_is_not_there_is_named(connect: Connect) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with pytest.raises(EngineFailed, match=f"{url} cannot be reached.*is it running"):
            said(connect(base_url=url))


def test_a_server_that_says_nothing_is_given_up(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        with pytest.raises(EngineFailed, match=r"silent for 0\.05 s"):
            said(connect(base_url=url, timeout_s=0.05))


def test_the_key_comes_from_the_environment(server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "secret\n")
    said(connect(api_key_env="MY_KEY"))
    assert server.headers[0]["Authorization"] == "Bearer secret"
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(SettingError, match="MY_KEY"):
        connect(api_key_env="MY_KEY")


def test_a_local_server_is_not_asked_through_a_proxy(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert said(connect()) == "Paris."


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "ftp://here"},
        {"base_url": "http://[::"},
        {"timeout_s": 0},
        {"timeout_s": math.nan},
        {"api_key": "secret"},
    ],
)
def test_a_wrong_option_is_named(connect: Connect, options: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(options))):
        connect(**options)


def test_the_model_must_be_named() -> None:
    with pytest.raises(SettingError, match="name of a model"):
        OpenAILanguageModel(EngineSpec("llm", "openai"))


@settings(deadline=None)
@given(st.lists(st.text(max_size=8).map(lambda text: text.replace("\r", "")), min_size=1), st.integers(1, 7))
def test_events_are_the_same_however_their_bytes_are_cut(texts: list[str], size: int) -> None:
    lines = [line for text in texts for line in (*(f"data: {part}" for part in text.split("\n")), "")]
    for end in ("\n", "\r\n", "\r"):
        stream = "".join(line + end for line in lines).encode()
        chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert list(server_sent_events.events(chunks)) == texts
