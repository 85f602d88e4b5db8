"""The examples of clients do what they say. The one in JavaScript is run by the tests of the agents client."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from realtime_server import replies, serving

from models import audio

ROOT = Path(__file__).parents[1]
DEADLINE_S = 300.0


async def run(script: str, *arguments: str, lines: str = "") -> list[str]:
    """What an example prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples/clients" / script),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            printed, errors = await process.communicate(lines.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, errors.decode()
    return printed.decode().splitlines()


async def test_the_example_with_the_official_client_writes_a_spoken_answer(tmp_path: Path) -> None:
    answer = tmp_path / "answer.wav"
    async with serving(tmp_path, replies("It is Paris.")) as server:
        question = ROOT / "examples/questions/capital.wav"
        printed = await run("openai_client.py", f"{server.address}/v1", str(question), str(answer))
    assert printed == ["You: What is the capital of France?", "Assistant: It is Paris."]
    assert abs(audio.read(answer).duration_s - 3 * 0.2) < 0.01


async def test_the_example_with_a_plain_socket_chats(tmp_path: Path) -> None:
    async with serving(tmp_path, replies("")) as server:
        printed = await run("plain_socket.py", server.socket, lines="Hello\nMore\n")
    assert printed == ["You said: Hello", "You said: More"]
