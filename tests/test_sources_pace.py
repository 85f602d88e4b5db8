"""Servers that send too slowly, or without an end, at every part of an answer."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from assistant.sources import pace
from assistant.sources.fetch import fetch
from assistant.sources.item import Item, ItemFailed, Reason
from assistant.sources.rules import SourceRules

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n"
_REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: /other.mp3\r\nContent-Length: 1000000000\r\n\r\n"


@contextmanager
def answering(beginning: bytes, rest: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """The link to a server that answers everything with `beginning` and as much of `rest` as the client waits for."""

    def answer() -> None:
        with suppress(OSError):  # closed below
            while True:
                client, _ = listening.accept()
                with client, suppress(ConnectionError):  # the client has had enough
                    client.recv(1 << 16)
                    client.sendall(beginning)
                    for piece in rest():
                        client.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/one.mp3"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)
            assert not thread.is_alive()


def why_not(link: str, folder: Path) -> ItemFailed:
    rules = SourceRules(generic=True, allow_local=True, stalled_s=25.0)
    with pytest.raises(ItemFailed) as caught:
        fetch(Item("link:x", "It", link, is_local=False), folder, rules, lambda share: None)
    assert list(folder.iterdir()) == []
    return caught.value


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (_HEAD + b"X-Padding: ", b"x"),
        (_HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (_REDIRECT, b"x"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (_HEAD.replace(b"audio/mpeg", b"text/html") + b"Content-Encoding: gzip\r\n\r\n", b"\x1f"),
    ],
    ids=["head", "body", "size of a chunk", "body of a redirect", "body of a refusal", "compressed page"],
)
def test_bytes_that_drip_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginning: bytes, piece: bytes
) -> None:
    seconds = itertools.count(0.0, 10.0)  # each look at the clock is ten seconds after the last
    monkeypatch.setattr(pace, "monotonic", lambda: next(seconds))
    with answering(beginning, lambda: itertools.repeat(piece, 1 << 16)) as link:
        failed = why_not(link, tmp_path)
    assert (failed.reason, failed.retry) == (Reason.NETWORK, True)
    assert "bytes in" in str(failed)


@pytest.mark.parametrize(
    "beginning",
    [_REDIRECT, _HEAD.replace(b"audio/mpeg", b"text/html") + b"\r\n<html>"],
    ids=["body of a redirect", "page"],
)
def test_a_page_without_an_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(pace, "LARGEST_PAGE_BYTES", 10_000)
    with answering(beginning, lambda: itertools.repeat(b" " * 1000)) as link:
        failed = why_not(link, tmp_path)
    assert "larger than 10000 bytes" in str(failed)
