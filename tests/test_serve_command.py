"""The command `assistant serve`: how it begins, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from command import CHECKOUT, DEADLINE_S, run_here

from assistant.apps.serve import KEY_VARIABLE

SLOW = "tts.voices.tone.options={pause_s=0.05}"
MANY = " ".join(f"This is sentence number {number}." for number in range(60))


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_without_a_key_no_other_machine_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capsys, "serve", "--profile", "scripted", "--host", "0.0.0.0")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert KEY_VARIABLE in outcome.err


def test_a_port_that_is_taken_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = run_here(capsys, "serve", "--profile", "scripted", "--port", str(port))
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert f"port {port}" in outcome.err


def test_a_host_that_there_is_not_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capsys, "serve", "--profile", "scripted", "--host", "nowhere.invalid", "--api-key", "k")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "try another --host" in outcome.err


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str], port: str) -> None:
    outcome = run_here(capsys, "serve", "--profile", "scripted", f"--port={port}")
    assert outcome.code == 2
    assert f"{port} is no port" in outcome.err


@pytest.mark.parametrize("limit", ["requests=5", "sessions=many", "sessions", "sessions=-3", "request_s=0"])
def test_a_limit_that_is_none_is_named(capsys: pytest.CaptureFixture[str], limit: str) -> None:
    outcome = run_here(capsys, "serve", "--profile", "scripted", "--limit", limit)
    assert outcome.code == 1
    assert "--limit" in outcome.err
    assert limit.partition("=")[0] in outcome.err


@pytest.mark.parametrize("origin", ["example.org", "https://example.org/", "https://Example.org", "*", "https://[::1"])
def test_an_origin_that_no_browser_sends_is_named(capsys: pytest.CaptureFixture[str], origin: str) -> None:
    outcome = run_here(capsys, "serve", "--profile", "scripted", "--allow-origin", origin)
    assert outcome.code == 1
    assert f'"{origin}" is no origin' in outcome.err


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and where it serves."""
    command = [sys.executable, "-m", "assistant", "serve", "--profile", "scripted", "--port", "0", *options]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "ASSISTANT_STORE": str(folder)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().split()[0]
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_and_without_noise_while_a_stream_is_open(tmp_path: Path, end: signal.Signals) -> None:
    with started(tmp_path, "--set", SLOW) as (process, url), httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
        with client.stream("POST", "/v1/audio/speech", json={"input": MANY, "response_format": "pcm"}) as answer:
            sound = answer.iter_raw()
            assert next(sound)
            process.send_signal(end)
            with pytest.raises(httpx.RemoteProtocolError):
                list(sound)
        _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode in (130, -end)
    assert errors.strip() == ""


def test_the_key_of_the_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    with started(tmp_path) as (_, url), httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
        assert client.get("/v1/models").status_code == 401
        assert client.get("/v1/models", headers={"authorization": "Bearer secret"}).status_code == 200
