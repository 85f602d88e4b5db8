"""Nothing leaves this machine: the server and its workers are refused all other machines, and ask for none."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import websockets
from command import CHECKOUT, DEADLINE_S, run_python

# Python imports this by itself as it starts, in the server as in its workers. What it raises no library can get around.
_REFUSAL = """
import ipaddress, os, sys

def is_here(host):
    if host in (None, "", b"", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not is_here(host):
        with open(os.environ["REFUSED"], "a") as refused:
            print(event, host, file=refused)
        raise OSError("refused: " + str(host))

sys.addaudithook(refuse)
"""


@pytest.fixture
def hooked(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that is refused all that is not here, and notes it in the file `REFUSED`."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(_REFUSAL)
    path = os.pathsep.join([str(tmp_path / "hook"), str(CHECKOUT)])
    return {**os.environ, "PYTHONPATH": path, "REFUSED": str(tmp_path / "refused"), "ASSISTANT_STORE": str(tmp_path)}


@contextmanager
def started(environment: dict[str, str], *command: str) -> Iterator[str]:
    """Where the command serves."""
    arguments = [sys.executable, "-m", "assistant", *command, "--profile", "scripted", "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield re.findall(r"http://\S+", process.stdout.readline())[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_S)


def refused(environment: dict[str, str]) -> str:
    place = Path(environment["REFUSED"])
    return place.read_text() if place.exists() else ""


async def _greeting(address: str) -> str:
    async with websockets.connect(f"{address.replace('http', 'ws', 1)}/v1/realtime") as socket:
        return str(json.loads(await socket.recv())["type"])


def test_a_server_that_answers_asks_no_other_machine_for_anything(hooked: dict[str, str]) -> None:
    with started(hooked, "serve") as address, httpx.Client(base_url=address, timeout=DEADLINE_S) as client:
        question = {"messages": [{"role": "user", "content": "Hello."}]}
        assert client.post("/v1/chat/completions", json=question).status_code == 200
        assert client.post("/v1/audio/speech", json={"input": "Hello.", "response_format": "wav"}).status_code == 200
        assert client.get("/v1/models").status_code == 200
        assert asyncio.run(_greeting(address)) == "session.created"
    assert refused(hooked) == ""


def test_the_page_and_all_that_it_loads_are_here(hooked: dict[str, str]) -> None:
    with (
        started(hooked, "demo", "--no-browser") as address,
        httpx.Client(base_url=address, timeout=DEADLINE_S) as client,
    ):
        page = client.get("/").text
        for place in re.findall(r'(?:src|href)="(\.?/[^"]+)"', page):
            client.get(place.removeprefix("."))
        assert client.get("/config").status_code == 200
        assert not re.findall(r'<(?:script|link)[^>]+(?:src|href)="https?://', page)
        assert not re.findall(r"url\(['\"]?https?://", client.get("/theme.css").text)
    assert refused(hooked) == ""


def test_other_machines_are_really_refused(hooked: dict[str, str], tmp_path: Path) -> None:
    ask = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    outcome = run_python("-c", ask, folder=tmp_path, path=hooked["PYTHONPATH"], variables=hooked)
    assert "refused: 192.0.2.1" in outcome.err
    assert "192.0.2.1" in refused(hooked)
