"""OpenAI's agents client, from npm, talks to the server: tools, and a spoken conversation with an interruption."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from live import MORE
from realtime_server import LONG_REPLY, QUESTION, STT, pcm, replies, serving

ROOT = Path(__file__).parents[1]
# Fetching the packages, and a conversation.
FETCH_DEADLINE_S, DEADLINE_S = 300.0, 180.0

pytestmark = pytest.mark.network


async def run(script: Path, *arguments: str) -> str:
    """What a script prints. Its packages are fetched before, so that only the conversation is waited for."""
    await deno("cache", "--quiet", str(script), deadline_s=FETCH_DEADLINE_S)
    return await deno("run", "-A", "--quiet", "--cached-only", str(script), *arguments, deadline_s=DEADLINE_S)


async def deno(*arguments: str, deadline_s: float) -> str:
    """What it prints."""
    from deno import find_deno_bin

    process = await asyncio.create_subprocess_exec(
        find_deno_bin(), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(deadline_s):
            printed, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, errors.decode()
    return printed.decode()


async def test_the_agents_client_runs_the_function_that_the_model_asks_for(tmp_path: Path) -> None:
    call = '{"name": "clock", "arguments": {"zone": "Paris"}}'
    async with serving(tmp_path, STT, replies(call, "It is noon in Paris.")) as server:
        printed = await run(ROOT / "examples/clients/agents.js", server.socket, "What time is it?")
    assert printed.splitlines() == ["calls: clock", "says: It is noon in Paris."]


async def test_the_agents_client_talks_and_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "question.pcm").write_bytes(pcm(QUESTION, then_silent_s=1.0))
    (tmp_path / "interruption.pcm").write_bytes(pcm(MORE, then_silent_s=1.0))
    async with serving(tmp_path, STT, replies(LONG_REPLY, "Madrid.")) as server:
        script = ROOT / "tests/realtime_agents.js"
        printed = await run(script, server.socket, str(tmp_path / "question.pcm"), str(tmp_path / "interruption.pcm"))
    seen = json.loads(printed)
    assert seen["errors"] == []
    assert seen["interrupted"] >= 1
    question, cut, more, answer = seen["history"]
    assert (question, more) == ({"role": "user", "said": QUESTION}, {"role": "user", "said": MORE})
    assert LONG_REPLY.startswith(cut["said"])
    assert 0 < len(cut["said"]) < len(LONG_REPLY) / 2
    assert answer == {"role": "assistant", "said": "Madrid."}
