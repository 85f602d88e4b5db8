"""Whether the loudspeaker reaches the microphone at all, and what becomes of the user where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Clip
from rooms import Room, simulate

from models.audio import read
from models.echo.echo_path import FRAME_SAMPLES, EchoPath
from models.echo.webrtc import WebRtcEchoCanceller
from models.types import Audio, EngineSpec, Samples, joined
from models.vad.silero import SileroVoiceActivityDetector

RATE_HZ = 16_000
DEAF = Room(gain=0.0, noise_db=-65, seed=1)
ROOMS = [Room(delay_ms=20, gain=0.1, seed=2), Room(delay_ms=300, gain=0.9, reverberation_s=0.5, drift_ppm=100, seed=3)]
BEGINS_S = 2.0  # the user, over a reply


@pytest.fixture(scope="module")
def reply(speech: Sequence[Clip]) -> Audio:
    clips = [read(clip.path) for clip in speech if clip.path.name.startswith("LJ")]
    return joined(clips).between(0, 6)


@pytest.fixture(scope="module")
def words(speech: Sequence[Clip]) -> Audio:
    """Of somebody else, from the first loud sample on."""
    (clip,) = (read(clip.path) for clip in speech if clip.path.stem == "pv_en")
    loud = np.flatnonzero(np.abs(clip.samples) > 0.1 * np.abs(clip.samples).max())[0]
    return Audio(clip.samples[loud : loud + RATE_HZ], RATE_HZ)


def frames(audio: Audio) -> Iterator[Samples]:
    whole = len(audio.samples) // FRAME_SAMPLES * FRAME_SAMPLES
    yield from audio.samples[:whole].reshape(-1, FRAME_SAMPLES)


def absences(path: EchoPath, far: Audio, heard: Audio) -> list[bool]:
    found: list[bool] = []
    for pair in zip(frames(far), frames(heard), strict=True):
        path.hear(*pair)
        found.append(path.is_absent)
    return found


def over(reply: Audio, words: Audio) -> Audio:
    said = np.zeros_like(reply.samples)
    begins = round(BEGINS_S * RATE_HZ)
    said[begins : begins + len(words.samples)] = words.samples
    return Audio(said, RATE_HZ)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.delay_ms:g}ms gain {room.gain:g}")
def test_an_echo_is_found_also_while_the_user_speaks(room: Room, reply: Audio, words: Audio) -> None:
    assert not any(absences(EchoPath(), reply, simulate(room, reply, over(reply, words))))


def test_without_an_echo_it_is_known_after_a_second_that_there_is_none(reply: Audio, words: Audio) -> None:
    found = absences(EchoPath(), reply, simulate(DEAF, reply, over(reply, words)))
    assert not any(found[:90])
    assert np.mean(found[150:]) > 0.9


def test_while_nothing_is_played_nothing_is_known(words: Audio) -> None:
    nothing = Audio(np.zeros_like(words.samples), RATE_HZ)
    assert not any(absences(EchoPath(), nothing, words))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.delay_ms:g}ms gain {room.gain:g}")
def test_an_echo_that_begins_is_found_once(room: Room, reply: Audio) -> None:
    path, appeared = EchoPath(), 0
    half = len(reply.samples) // 2
    heard = np.concatenate([simulate(place, reply, silence(reply)).samples for place in (DEAF, room)])
    heard = np.concatenate([heard[:half], heard[-half:]])
    for pair in zip(frames(reply), frames(Audio(heard, RATE_HZ)), strict=True):
        path.hear(*pair)
        appeared += path.has_appeared
    assert appeared == 1
    assert not path.is_absent


def silence(like: Audio) -> Audio:
    return Audio(np.zeros_like(like.samples), RATE_HZ)


@pytest.fixture(scope="module")
def voiced(weights: Callable[[str], Path]) -> Callable[[Audio], list[bool]]:
    """Silero's verdict frame by frame, 32 ms each."""
    vad = SileroVoiceActivityDetector(EngineSpec("vad", "silero", weights=weights("silero-vad")))

    def judge(audio: Audio) -> list[bool]:
        vad.reset()
        starts = range(0, len(audio.samples) - vad.frame_samples, vad.frame_samples)
        pieces = (Audio(audio.samples[start : start + vad.frame_samples], RATE_HZ) for start in starts)
        return [vad.probability(piece) > 0.6 for piece in pieces]

    return judge


def cleaned(far: Audio, heard: Audio) -> Audio:
    echo = WebRtcEchoCanceller(EngineSpec("echo", "webrtc"))
    clean: list[Audio] = []
    for played, said in zip(frames(far), frames(heard), strict=True):
        echo.played(Audio(played, RATE_HZ))
        clean.append(echo.cancel(Audio(said, RATE_HZ)))
    return joined(clean)


@pytest.mark.weights
def test_where_no_echo_arrives_the_first_words_over_a_reply_are_heard(
    reply: Audio, words: Audio, voiced: Callable[[Audio], list[bool]]
) -> None:
    found = voiced(cleaned(reply, simulate(DEAF, reply, over(reply, words))))
    begins = round(BEGINS_S * RATE_HZ) // 512
    assert not any(found[:begins])
    assert any(found[begins : begins + 8])
    assert np.mean(found[begins : begins + RATE_HZ // 512]) > 0.7


@pytest.mark.weights
@pytest.mark.parametrize("begins_s", [1.2, 1.6])
def test_who_is_louder_than_the_echo_is_heard_in_the_first_seconds_of_it(
    reply: Audio, words: Audio, voiced: Callable[[Audio], list[bool]], begins_s: float
) -> None:
    begins = round(begins_s * RATE_HZ)
    said = Audio(np.roll(over(reply, words).samples, begins - round(BEGINS_S * RATE_HZ)), RATE_HZ)
    found = voiced(cleaned(reply, simulate(ROOMS[1], reply, said)))
    assert not any(found[: begins // 512])
    assert sum(found[begins // 512 : begins // 512 + RATE_HZ // 512]) >= 8
