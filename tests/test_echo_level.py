"""Whether somebody else is heard beside the echo, judged from levels."""

from __future__ import annotations

import numpy as np
import pytest

from models.echo.echo_level import EchoLevel
from models.types import Samples

FRAME = 160
OTHERS_DB = 1.0  # what a gate takes for somebody else


def syllables(n_frames: int, seed: int) -> Samples:
    """Noise that comes and goes four times a second, as speech does."""
    random = np.random.default_rng(seed)
    envelope = np.clip(np.sin(np.arange(n_frames * FRAME) * 2 * np.pi * 4 / 16_000 + seed), 0, 1)
    return np.asarray(0.2 * envelope * random.standard_normal(n_frames * FRAME), np.float32)


def echo_of(far: Samples, gain: float, delay_frames: int = 12) -> Samples:
    """Through a room that dies away within 0.1 s, with a little noise of its own."""
    random = np.random.default_rng(9)
    response = random.standard_normal(1600) * np.exp(-np.arange(1600) / 400)
    response *= gain / np.linalg.norm(response)
    echo = np.convolve(far, response)[: len(far) - delay_frames * FRAME]
    noise = 1e-4 * random.standard_normal(len(far))
    return np.asarray(np.pad(echo, (delay_frames * FRAME, 0)) + noise, np.float32)


def excesses(level: EchoLevel, far: Samples, heard: Samples) -> list[float]:
    frames = zip(far.reshape(-1, FRAME), heard.reshape(-1, FRAME), strict=True)
    return [level.excess_db(*pair) for pair in frames]


@pytest.mark.parametrize("gain", [0.05, 0.9])
def test_an_echo_is_not_louder_than_it_can_be(gain: float) -> None:
    far = syllables(1000, 1)
    assert max(excesses(EchoLevel(), far, echo_of(far, gain))[300:]) < OTHERS_DB


def test_who_is_louder_than_the_echo_is_noticed_at_once() -> None:
    far = syllables(600, 1)
    heard = echo_of(far, 0.3)
    heard[500 * FRAME : 503 * FRAME] += np.random.default_rng(3).standard_normal(3 * FRAME).astype(np.float32) * 0.3
    over = excesses(EchoLevel(), far, heard)
    assert max(over[300:500]) < OTHERS_DB < min(over[500:503])


def test_where_no_echo_arrives_a_whisper_is_noticed() -> None:
    far = syllables(600, 1)
    heard = echo_of(far, 0.0)
    heard[500 * FRAME : 503 * FRAME] += np.random.default_rng(3).standard_normal(3 * FRAME).astype(np.float32) * 0.005
    over = excesses(EchoLevel(), far, heard)
    assert max(over[300:500]) < OTHERS_DB < min(over[500:503])


def test_nobody_is_noticed_before_the_room_is_known() -> None:
    far = syllables(90, 1)
    level = EchoLevel()
    assert excesses(level, far, echo_of(far, 0.9, delay_frames=2)) == [0.0] * 90
    assert level.is_learning


def test_a_louder_room_is_learned_anew() -> None:
    far = syllables(3000, 1)
    level = EchoLevel()
    excesses(level, far, echo_of(far, 0.1))
    assert max(excesses(level, far, echo_of(far, 0.9))[-500:]) < OTHERS_DB


def test_a_fan_that_starts_is_the_noise_of_the_room_after_a_while() -> None:
    played = syllables(300, 1)
    level = EchoLevel()
    excesses(level, played, echo_of(played, 0.1))
    far = np.zeros(3000 * FRAME, np.float32)
    heard = 0.002 * np.random.default_rng(3).standard_normal(len(far)).astype(np.float32)
    over = excesses(level, far, heard)
    assert over[100] > OTHERS_DB > max(over[-300:])
