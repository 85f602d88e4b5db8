"""A caller of the realtime socket, who asks at the pace of speech and listens to the answer to its end."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assistant.bench.rehearsal import speech_end_s
from models.audio import from_pcm16, resample, to_pcm16
from models.types import Audio

# Of the protocol.
_RATE_HZ = 24_000
# What a browser's worklet gathers before it sends.
_PIECE_S = 0.04
# A microphone is open before somebody speaks.
_BEFORE_S = 0.5
# What is softer is breath and room: the same measure as in live conversations.
_AUDIBLE = 0.02
# An answer that has not come to its end by then counts as none; eight callers on two cores wait for half a minute.
_PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One turn, in seconds.

    Attributes:
        voice_to_voice_s: from the last speech of the question to the first audible sample of the answer.
        end_s: when it had been played, on the event loop's clock.
    """

    voice_to_voice_s: float
    end_s: float


@dataclass(slots=True)
class _Answer:
    """What has been heard of an answer; `first_s`: when its first sound came."""

    first_s: float = 0.0
    samples: int = 0
    audible_s: float | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: dict[str, Any], now_s: float) -> None:
        if event["type"] == "response.done":
            self.done.set()
        elif event["type"] == "response.output_audio.delta":
            audio = from_pcm16(base64.b64decode(event["delta"]), _RATE_HZ)
            if not self.samples:
                self.first_s = now_s
            audible = np.flatnonzero(np.abs(audio.samples) > _AUDIBLE)
            if self.audible_s is None and len(audible):
                self.audible_s = max(now_s, self.first_s + (self.samples + int(audible[0])) / _RATE_HZ)
            self.samples += len(audio.samples)


async def call(address: str, questions: Sequence[Audio]) -> list[Answered]:
    """One conversation.

    Args:
        address: of the server, "http://…".
        questions: asked one after another, each when the answer before it has been played.

    Returns:
        The turns that were answered.
    """
    import websockets

    answered = []
    async with websockets.connect(f"{address.replace('http', 'ws', 1)}/v1/realtime", max_size=None) as socket:
        for question in questions:
            if (turn := await _ask(socket, question)) is not None:
                answered.append(turn)
    return answered


async def _ask(socket: Any, question: Audio) -> Answered | None:
    loop, answer = asyncio.get_running_loop(), _Answer()
    start_s = loop.time()
    speaking = asyncio.create_task(_speak(socket, resample(question, _RATE_HZ), start_s))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not answer.done.is_set():
                answer.take(json.loads(await socket.recv()), loop.time())
            await asyncio.sleep(max(0.0, answer.first_s + answer.samples / _RATE_HZ - loop.time()))
    except TimeoutError:
        return None
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
    if answer.audible_s is None:
        return None
    return Answered(answer.audible_s - start_s - _BEFORE_S - speech_end_s(question), loop.time())


async def _speak(socket: Any, question: Audio, start_s: float) -> None:
    """The question between silences, each piece when its last sample is said; until it is cancelled."""
    loop = asyncio.get_running_loop()
    before = np.zeros(round(_BEFORE_S * _RATE_HZ), np.float32)
    said = np.concatenate([before, question.samples])
    size = round(_PIECE_S * _RATE_HZ)
    for index in itertools.count():
        piece = said[index * size : (index + 1) * size]
        piece = np.pad(piece, (0, size - len(piece)))
        await asyncio.sleep(max(0.0, start_s + (index + 1) * _PIECE_S - loop.time()))
        sound = base64.b64encode(to_pcm16(Audio(piece, _RATE_HZ))).decode()
        await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
