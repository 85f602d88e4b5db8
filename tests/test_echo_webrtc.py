"""Echo cancellation in simulated rooms, with real speech and Silero as the judge of what passes for speech."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from conftest import Clip
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import Room, simulate

from models.audio import read
from models.echo.webrtc import WebRtcEchoCanceller
from models.errors import AudioError
from models.turn.log_mel import log_mel
from models.types import Audio, EngineSpec, joined
from models.vad.silero import SileroVoiceActivityDetector

RATE_HZ = 16_000
FAR_HZ = 22_050  # of the Coqui voice
NOBODY = Audio(np.zeros(1, np.float32), RATE_HZ)
ROOMS = [
    Room(delay_ms=20, gain=0.3, reverberation_s=0.2, seed=1),
    Room(delay_ms=60, gain=0.9, distortion=1, seed=2),
    Room(delay_ms=120, gain=0.5, reverberation_s=0.5, drift_ppm=100, seed=3),
    Room(delay_ms=200, gain=0.9, drift_ppm=-100, seed=4),
    Room(delay_ms=300, gain=0.7, distortion=0.5, noise_db=-50, seed=5),
]
LONGEST_S = 0.06  # of false speech at once: what turn taking does not take for an onset


def canceller(**options: object) -> WebRtcEchoCanceller:
    return WebRtcEchoCanceller(EngineSpec("echo", "webrtc", options=options))


def pieces(audio: Audio, n_samples: int) -> Iterator[Audio]:
    for start in range(0, len(audio.samples), n_samples):
        yield Audio(audio.samples[start : start + n_samples], audio.sample_rate_hz)


def cleaned(echo: WebRtcEchoCanceller, far: Audio, microphone: Audio, chunk_s: float = 0.032) -> Audio:
    """What is left of the microphone's signal when both come chunk by chunk, as from a sound card."""
    played = pieces(far, round(chunk_s * far.sample_rate_hz))
    clean: list[Audio] = []
    for heard in pieces(microphone, round(chunk_s * RATE_HZ)):
        echo.played(next(played, Audio(np.empty(0, np.float32), far.sample_rate_hz)))
        clean.append(echo.cancel(heard))
    return joined(clean)


def noise(duration_s: float, rms: float = 0.05, sample_rate_hz: int = RATE_HZ) -> Audio:
    random = np.random.default_rng(0)
    return Audio((random.standard_normal(round(duration_s * sample_rate_hz)) * rms).astype(np.float32), sample_rate_hz)


def level_db(audio: Audio) -> float:
    return 10 * float(np.log10(np.mean(np.square(audio.samples, dtype=np.float64)) + 1e-12))


@pytest.fixture(scope="module")
def far(speech: Sequence[Clip]) -> Audio:
    """20 s of speech, as the assistant's, with the pauses between its replies."""
    pause = Audio(np.zeros(FAR_HZ // 2, np.float32), FAR_HZ)
    clips = [read(clip.path, FAR_HZ) for clip in speech if clip.path.name.startswith("LJ")]
    return joined([part for clip in clips for part in (clip, pause)]).between(0, 20)


@pytest.fixture(scope="module")
def near(speech: Sequence[Clip]) -> Audio:
    """Someone who speaks from 6 s on, when the canceller knows the room."""
    clips = [read(clip.path) for clip in speech if clip.path.stem in ("jfk", "pv_de")]
    return joined([Audio(np.zeros(6 * RATE_HZ, np.float32), RATE_HZ), *clips]).between(0, 20)


@pytest.fixture(scope="module")
def is_speech(weights: Callable[[str], Path]) -> Callable[[Audio], npt.NDArray[np.bool_]]:
    """Silero's verdict frame by frame, 32 ms each."""
    vad = SileroVoiceActivityDetector(EngineSpec("vad", "silero", weights=weights("silero-vad")))

    def judge(audio: Audio) -> npt.NDArray[np.bool_]:
        vad.reset()
        frames = [frame for frame in pieces(audio, vad.frame_samples) if len(frame.samples) == vad.frame_samples]
        return np.array([vad.probability(frame) > 0.5 for frame in frames])

    return judge


def longest_s(speech: npt.NDArray[np.bool_]) -> float:
    longest = run = 0
    for frame in speech:
        run = run + 1 if frame else 0
        longest = max(longest, run)
    return longest * 0.032


@pytest.mark.weights
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.delay_ms:g}ms gain {room.gain:g}")
def test_the_assistants_own_voice_is_not_heard_as_speech(room: Room, far: Audio, is_speech: Callable) -> None:
    microphone = simulate(room, far, NOBODY)
    clean = cleaned(canceller(), far, microphone)
    assert is_speech(microphone).sum() * 0.032 > 10
    assert longest_s(is_speech(clean)) <= LONGEST_S
    assert level_db(microphone) - level_db(clean) > 30


@pytest.mark.weights
@pytest.mark.parametrize("room", [ROOMS[0], ROOMS[3]], ids=lambda room: f"{room.delay_ms:g}ms gain {room.gain:g}")
def test_a_user_who_talks_over_the_reply_is_still_heard(
    room: Room, far: Audio, near: Audio, is_speech: Callable
) -> None:
    echo_db = level_db(simulate(room, far, NOBODY))
    loud = Audio(near.samples * np.float32(10 ** ((echo_db + 3 - level_db(near)) / 20)), RATE_HZ)
    clean = is_speech(cleaned(canceller(), far, simulate(room, far, loud)))
    spoken = is_speech(near)
    assert np.mean(clean[: len(spoken)][spoken[: len(clean)]]) > 0.5


@pytest.mark.parametrize("room", [ROOMS[0], ROOMS[2]], ids=lambda room: f"{room.delay_ms:g}ms gain {room.gain:g}")
def test_a_user_is_noticed_at_once_and_the_reply_itself_is_not(room: Room, far: Audio, near: Audio) -> None:
    echo = canceller()
    played = pieces(far, FAR_HZ // 50)
    noticed: list[bool] = []
    for heard in pieces(simulate(room, far, near), RATE_HZ // 50):
        echo.played(next(played, Audio(np.empty(0, np.float32), FAR_HZ)))
        echo.cancel(heard)
        noticed.append(echo.hears_others)
    loud = np.abs(near.samples) > 0.25 * np.abs(near.samples).max()
    begins = round(np.flatnonzero(loud)[0] / RATE_HZ * 50)
    assert not any(noticed[150 : 6 * 50])
    assert any(noticed[begins : begins + 5])


@pytest.mark.weights
def test_replies_that_start_late_and_pause_are_cancelled_too(far: Audio, is_speech: Callable) -> None:
    silence = Audio(np.zeros(4 * FAR_HZ, np.float32), FAR_HZ)
    talk = joined([silence, far.between(0, 6), silence, far.between(6, 12)])
    microphone = simulate(ROOMS[1], talk, NOBODY)
    assert longest_s(is_speech(cleaned(canceller(), talk, microphone))) <= LONGEST_S


@pytest.mark.weights
def test_a_loudspeaker_that_is_fed_in_bursts_is_followed(far: Audio, is_speech: Callable) -> None:
    microphone = simulate(ROOMS[1], far, NOBODY)
    assert longest_s(is_speech(cleaned(canceller(), far, microphone, chunk_s=0.2))) <= LONGEST_S


@pytest.mark.weights
def test_a_microphone_that_stood_still_does_not_lose_the_echo(far: Audio, is_speech: Callable) -> None:
    echo = canceller()
    for chunk in pieces(far, FAR_HZ // 10):
        echo.played(chunk)
    cleaned(echo, Audio(np.zeros(2 * FAR_HZ, np.float32), FAR_HZ), noise(2, rms=0.0003))
    assert longest_s(is_speech(cleaned(echo, far, simulate(ROOMS[1], far, NOBODY)))) <= LONGEST_S


def test_a_voice_alone_passes_unharmed(speech: Sequence[Clip]) -> None:
    voice = read(min((clip.path for clip in speech), key=lambda path: path.stat().st_size))
    echo = canceller(noise_suppression=False)
    padded = Audio(np.pad(voice.samples, (0, echo.latency_samples)), RATE_HZ)
    clean = cleaned(echo, NOBODY, padded).samples[echo.latency_samples :]
    # Not the waveforms, whose low notes the high-pass shifts.
    spectra = [log_mel(audio).ravel() for audio in (Audio(clean, RATE_HZ), voice)]
    assert np.corrcoef(*spectra)[0, 1] > 0.95


@pytest.mark.parametrize("echo_cancellation", [True, False])
@pytest.mark.parametrize("noise_suppression", [True, False])
def test_the_latency_is_what_it_says(echo_cancellation: bool, noise_suppression: bool) -> None:
    echo = canceller(echo_cancellation=echo_cancellation, noise_suppression=noise_suppression)
    heard = noise(3)
    clean = cleaned(echo, NOBODY, heard)
    size = 1 << 17
    spectrum = np.fft.rfft(clean.samples, size) * np.conj(np.fft.rfft(heard.samples, size))
    assert int(np.argmax(np.fft.irfft(spectrum, size))) == echo.latency_samples


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_chunks_of_any_length_give_the_same_as_one(lengths: list[int]) -> None:
    heard = noise(0.5)
    whole = canceller().cancel(heard)
    echo = canceller()
    parts = np.split(heard.samples, np.minimum(np.cumsum(lengths), len(heard.samples)))
    clean = [echo.cancel(Audio(part, RATE_HZ)) for part in parts]
    assert [len(chunk.samples) for chunk in clean] == [len(part) for part in parts]
    np.testing.assert_array_equal(joined(clean).samples, whole.samples)


def test_after_a_reset_it_behaves_as_if_new() -> None:
    far, heard = noise(2, sample_rate_hz=24_000), noise(2, rms=0.02)
    echo = canceller()
    first = cleaned(echo, far, heard)
    echo.reset()
    np.testing.assert_array_equal(cleaned(echo, far, heard).samples, first.samples)


def test_sound_of_another_rate_at_the_microphone_is_refused() -> None:
    with pytest.raises(AudioError, match="16000 Hz, not 48000 Hz"):
        canceller().cancel(noise(0.1, sample_rate_hz=48_000))


def test_the_engines_of_the_conversations_own_process_do_without_torch() -> None:
    code = (
        "import sys; from models import registry; from models.types import EngineSpec\n"
        "registry.create(EngineSpec('echo', 'webrtc')); import models.turn.smart_turn\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    folder = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, timeout=300)


def test_a_room_is_what_it_says() -> None:
    """The rooms that all of this rests on: delay and gain arrive as asked."""
    far = noise(2)
    room = Room(delay_ms=50, gain=0.4, noise_db=-100)
    heard = simulate(room, far, NOBODY)
    expected_db = level_db(far) + 20 * np.log10(room.gain)
    assert level_db(heard.between(1, 2)) == pytest.approx(expected_db, abs=0.5)
    assert np.abs(heard.between(0, 0.049).samples).max() < 1e-4 < np.abs(heard.between(0.05, 0.06).samples).max()
    faster = simulate(replace(room, drift_ppm=100), noise(20), NOBODY)
    assert not np.array_equal(faster.samples, simulate(room, noise(20), NOBODY).samples)
