"""The official Python client of OpenAI talks to the server: every event that it gets must be one that it knows."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from realtime_server import LONG_REPLY, QUESTION, STT, Server, check, pcm, replies, serving
from test_realtime_tools import CALL, WEATHER

DEADLINE_S = 120.0


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[AsyncRealtimeConnection]:
    openai = AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none")
    async with openai, openai.realtime.connect(model="gpt-realtime") as connection:
        yield connection


async def until(connection: AsyncRealtimeConnection, kind: str) -> list[Any]:
    """All events up to the next of a kind. Each of the protocol's own is checked strictly against its type."""
    events = []
    async with asyncio.timeout(DEADLINE_S):
        async for event in connection:
            events.append(event)
            check(event.to_dict())
            if event.type == kind:
                return events
    raise AssertionError(f"the connection ended before {kind}")


async def test_the_official_client_talks(tmp_path: Path) -> None:
    reply = replies("This is sentence number 1.")
    async with serving(tmp_path, STT, reply) as server, connected(server) as connection:
        await until(connection, "session.created")
        await connection.session.update(
            session={
                "type": "realtime",
                "instructions": "Be brief.",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "transcription": {"model": "whisper-1"},
                        "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 400},
                    },
                    "output": {"voice": "marin"},
                },
            }
        )
        updated = (await until(connection, "session.updated"))[-1]
        assert updated.session.audio.input.turn_detection.silence_duration_ms == 400
        sound = base64.b64encode(pcm(QUESTION, then_silent_s=1.0)).decode()
        await connection.input_audio_buffer.append(audio=sound)
        events = await until(connection, "response.done")
        heard = [event for event in events if event.type.endswith("input_audio_transcription.completed")]
        assert heard[0].transcript == QUESTION
        response = events[-1].response
        assert response.status == "completed"
        assert response.output[0].content[0].transcript == "This is sentence number 1."
        assert response.usage.total_tokens > 0


async def test_the_official_client_calls_a_function(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(CALL, "It is sunny.")) as server, connected(server) as connection:
        await connection.session.update(session={"type": "realtime", "tools": [WEATHER]})  # type: ignore[list-item]
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather?"}]}
        await connection.conversation.item.create(item=message)  # type: ignore[arg-type]
        await connection.response.create()
        call = (await until(connection, "response.done"))[-1].response.output[0]
        assert (call.type, call.name) == ("function_call", "get_weather")
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "clear"}
        await connection.conversation.item.create(item=output)  # type: ignore[arg-type]
        await connection.response.create()
        done = (await until(connection, "response.done"))[-1]
        assert done.response.output[0].content[0].transcript == "It is sunny."


async def test_the_official_client_interrupts_and_truncates(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(LONG_REPLY)) as server, connected(server) as connection:
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count"}]}
        await connection.conversation.item.create(item=message)  # type: ignore[arg-type]
        await connection.response.create()
        delta = (await until(connection, "response.output_audio.delta"))[-1]
        sound = pcm(QUESTION)
        await connection.input_audio_buffer.append(audio=base64.b64encode(sound).decode())
        events = await until(connection, "response.done")
        assert events[-1].response.status == "cancelled"
        assert any(event.type == "input_audio_buffer.speech_started" for event in events)
        await connection.conversation.item.truncate(item_id=delta.item_id, content_index=0, audio_end_ms=40)
        truncated = (await until(connection, "conversation.item.truncated"))[-1]
        assert truncated.audio_end_ms == 40
        await connection.conversation.item.retrieve(item_id=delta.item_id)
        item = (await until(connection, "conversation.item.retrieved"))[-1].item
        assert not item.content[0].transcript


async def test_the_official_client_writes_and_reads(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, connected(server) as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
        await connection.conversation.item.create(item=message)  # type: ignore[arg-type]
        await connection.response.create(response={"max_output_tokens": 2})
        events = await until(connection, "response.done")
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "You said:"
        assert events[-1].response.status_details.reason == "max_output_tokens"
