"""The room that benchmarks and conversations are held in: what comes back into the microphone, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
import pytest

from assistant.bench.echo_room import EchoCard, EchoRoom
from assistant.live.playback import Playback
from assistant.live.sound_card import Heard
from models.audio import SPEECH_RATE_HZ
from models.types import Audio, Samples, joined

PLAYED_HZ = 24_000
N_BLOCKS = 100  # of 20 ms


class NoisyCard:
    """Plays noise from the start on, while nobody says anything."""

    def __init__(self) -> None:
        self.playback = Playback(PLAYED_HZ)
        random = np.random.default_rng(0)
        self.noise = np.asarray(0.1 * random.standard_normal(N_BLOCKS * PLAYED_HZ // 50), np.float32)

    async def frames(self) -> AsyncGenerator[Heard, None]:
        silence = Audio(np.zeros(SPEECH_RATE_HZ // 50, np.float32), SPEECH_RATE_HZ)
        for block in np.split(self.noise, N_BLOCKS):
            yield Heard(silence, Audio(block, PLAYED_HZ))


def echo_in(room: EchoRoom) -> Samples:
    async def listen() -> list[Audio]:
        return [heard.microphone async for heard in EchoCard(NoisyCard(), room).frames()]

    return joined(asyncio.run(listen())).samples


@pytest.mark.parametrize("delay_ms", [20, 33, 300])
def test_the_echo_begins_after_the_delay_and_has_no_gaps(delay_ms: int) -> None:
    echo = echo_in(EchoRoom(delay_ms=delay_ms, gain=0.9))
    begins = delay_ms * SPEECH_RATE_HZ // 1000
    levels = np.abs(echo[begins : begins + (len(echo) - begins) // 16 * 16]).reshape(-1, 16).max(axis=1)
    assert np.abs(echo[: begins - 16]).max() < 0.02
    assert levels.min() > 0.02


@pytest.mark.parametrize("drift_ppm", [-100.0, 100.0])
def test_the_echo_of_a_drifting_clock_has_no_gaps(drift_ppm: float) -> None:
    echo = echo_in(EchoRoom(delay_ms=20, gain=0.9, drift_ppm=drift_ppm))
    levels = np.abs(echo[320 : 320 + (len(echo) - 320) // 16 * 16]).reshape(-1, 16).max(axis=1)
    assert levels.min() > 0.02
