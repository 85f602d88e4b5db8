"""A running server with scripted engines, and a client of the realtime socket that notes all it is told."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import websockets
from live import LONG_REPLY, QUESTION, STT, replies, said, silence
from openai.types.realtime import RealtimeServerEvent

from assistant.config import load_profile
from assistant.serve.app import create_app
from assistant.serve.running import listen, run
from assistant.serve.service import Service
from assistant.serve.settings import Limits, ServerSettings
from assistant.stages import Stages
from models.audio import resample, to_pcm16
from models.types import Audio
from models.weights.store import Store

# For anything that is waited for; a busy machine takes a tenth of it, and nothing takes it unless a test fails.
DEADLINE_S = 120.0
# What the client sends at once, like a browser.
CHUNK_S = 0.1
# The events of the protocol, as the official client describes them.
_KNOWN = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(get_args(RealtimeServerEvent)[0])
}


def check(event: dict[str, Any]) -> None:
    """
    Raises:
        KeyError, ValidationError: it is none of ours, and none that the official client knows, or not in its shape.
    """
    if not event["type"].startswith("assistant."):
        _KNOWN[event["type"]].model_validate(event, strict=True)


@dataclass(frozen=True)
class Server:
    """Where it is, and what it shares."""

    address: str
    service: Service

    @property
    def socket(self) -> str:
        return f"{self.address.replace('http', 'ws', 1)}/v1/realtime?model=any"


@asynccontextmanager
async def serving(
    folder: Path | None,
    *changes: str,
    profile: str = "scripted",
    limits: Limits | None = None,
    keys: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
) -> AsyncIterator[Server]:
    """A profile with these changes; its weights are in the folder, or in the user's store."""
    loaded = load_profile(profile, ["workers.mode=thread", *changes])
    stages = Stages(loaded, Store(folder))
    limits = limits or Limits(requests_per_minute=100_000)
    settings = ServerSettings(port=0, keys=keys, origins=origins, limits=limits)
    listening = listen(settings.host, 0)
    async with stages:
        service = Service(loaded, stages, settings)
        task = asyncio.create_task(run(create_app(service), listening, settings.limits))
        host, port = listening.getsockname()
        try:
            yield Server(f"http://{host}:{port}", service)
        finally:
            task.cancel()
            await asyncio.wait([task])
            listening.close()


@dataclass
class Client:
    """Notes every event; `played` is the sound of each item, 24 kHz."""

    socket: websockets.ClientConnection
    events: list[dict[str, Any]] = field(default_factory=list)
    played: dict[str, bytes] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _seen: int = 0

    async def listen(self) -> None:
        async for text in self.socket:
            event = json.loads(text)
            check(event)
            async with self._news:
                self.events.append(event)
                if event["type"] == "response.output_audio.delta":
                    sound = base64.b64decode(event["delta"])
                    self.played[event["item_id"]] = self.played.get(event["item_id"], b"") + sound
                self._news.notify_all()

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def configure(self, **session: Any) -> dict[str, Any]:
        await self.send("session.update", session={"type": "realtime", **session})
        return (await self.next("session.updated"))["session"]

    async def next(self, kind: str, is_it: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next event of a kind, after the last that was asked for; those between are passed over."""

        def found() -> bool:
            for index in range(self._seen, len(self.events)):
                if self.events[index]["type"] == kind and is_it(self.events[index]):
                    self._seen = index + 1
                    return True
            return False

        async with asyncio.timeout(DEADLINE_S), self._news:
            await self._news.wait_for(found)
        return self.events[self._seen - 1]

    async def say(self, audio: Audio) -> None:
        """Sends sound at the pace of a microphone."""
        pcm = to_pcm16(resample(audio, 24_000))
        step = 2 * round(CHUNK_S * 24_000)
        for start in range(0, len(pcm), step):
            await self.push(pcm[start : start + step])
            await asyncio.sleep(CHUNK_S)

    async def push(self, sound: bytes) -> None:
        await self.send("input_audio_buffer.append", audio=base64.b64encode(sound).decode())

    async def write(self, text: str, **fields: Any) -> None:
        """A message of the user's."""
        content = [{"type": "input_text", "text": text}]
        await self.send(
            "conversation.item.create", item={"type": "message", "role": "user", "content": content}, **fields
        )

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def joined(self, kind: str) -> str:
        """The deltas of a kind, in one."""
        return "".join(event["delta"] for event in self.of(kind))


@asynccontextmanager
async def client(server: Server, **options: Any) -> AsyncIterator[Client]:
    """A connection whose first event has come."""
    async with websockets.connect(server.socket, max_size=None, open_timeout=DEADLINE_S, **options) as socket:
        client = Client(socket)
        listening = asyncio.create_task(client.listen())
        try:
            await client.next("session.created")
            yield client
        finally:
            listening.cancel()
            (end,) = await asyncio.gather(listening, return_exceptions=True)
        if isinstance(end, KeyError | ValueError):
            raise end


def pcm(*phrases: str, each_s: float = 1.0, then_silent_s: float = 0.0) -> bytes:
    """Speech, as the scripted engine understands it, as it is sent."""
    audio = np.concatenate([said(*phrases, each_s=each_s).samples, silence(then_silent_s).samples])
    return to_pcm16(resample(Audio(audio, 16_000), 24_000))


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what nobody reports."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 there is no event to wait for
            await asyncio.sleep(0.01)


__all__ = [
    "DEADLINE_S",
    "LONG_REPLY",
    "QUESTION",
    "STT",
    "Client",
    "Server",
    "client",
    "pcm",
    "replies",
    "serving",
    "until",
]
