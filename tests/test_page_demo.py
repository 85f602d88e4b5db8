"""The command `assistant demo`: the page is there, without a browser, a network or a telemetry."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from assistant.cli import main

_DEADLINE_S = 120.0


def test_demo_says_where_the_page_is_and_serves_it_until_it_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assistant", "demo", "--profile", "scripted", "--no-browser", "--port", "0"]
    environment = {**os.environ, "ASSISTANT_STORE": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            address = re.findall(r"http://\S+", process.stdout.readline())[0]
            page = httpx.get(address, timeout=_DEADLINE_S)
            script = httpx.get(f"{address}/page/web/talk.js", timeout=_DEADLINE_S)
            health = httpx.get(f"{address}/healthz", timeout=_DEADLINE_S)
        finally:
            process.send_signal(signal.SIGINT)
        process.wait(_DEADLINE_S)
    assert "Voice assistant" in page.text
    assert not re.findall(r'<(?:script|link)[^>]+(?:src|href)="https?://', page.text)
    assert "javascript" in script.headers["content-type"]
    assert health.json() == {"status": "ok"}


def test_share_without_a_password_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", "--profile", "scripted", "--share", "--no-browser"])
    assert "--api-key" in capsys.readouterr().err
