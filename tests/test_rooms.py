"""Live conversations in rooms: the assistant hears itself, noise, and people on bad lines, and answers people only.

Real speech, echo cancellation, voice activity detection, end of turn and Whisper; scripted language model and voice
where they do not matter; on the virtual clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Clip
from live import Course, check, live

from assistant import events
from assistant.bench.echo_room import EchoCard, EchoRoom
from assistant.bench.quality import load_sentences
from assistant.bench.word_errors import error_count
from assistant.config import Profile, load_profile
from assistant.live.sound_card import SoundCard
from assistant.phrases.words import keys
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.audio import read, resample
from models.types import Audio, Samples
from models.weights.store import Store

pytestmark = pytest.mark.weights

RATE = 16_000
SAID = "has never been surpassed."
REPLY = " ".join(text for text, _ in load_sentences()[:3])
SCRIPTED_REPLY = [
    "llm.engine=scripted",
    'llm.model=""',
    f"llm.options={{replies={json.dumps([REPLY])}}}",
]
# Whatever passes for speech is understood, as words that would interrupt.
SCRIPTED_EARS = ["stt.engine=scripted", 'stt.model=""', "turn.engine=scripted", 'turn.model=""']
SCRIPTED_VOICE = ['tts.voice="tone"', 'tts.voices.tone={engine="scripted"}']
ROOMS = {
    "close and loud": EchoRoom(delay_ms=20, gain=0.9, seed=1),
    "far": EchoRoom(delay_ms=300, gain=0.9, seed=2),
    "reverberant": EchoRoom(delay_ms=120, gain=0.5, reverberation_s=0.6, seed=3),
    "fast clock": EchoRoom(delay_ms=100, gain=0.9, drift_ppm=100, seed=4),
    "slow clock": EchoRoom(delay_ms=60, gain=0.7, drift_ppm=-100, seed=5),
}


def pause(duration_s: float) -> Audio:
    return Audio(np.zeros(round(duration_s * RATE), np.float32), RATE)


def talk(
    recordings: Mapping[str, list[Audio]], changes: Sequence[str], rooms: Mapping[str, EchoRoom] | None = None
) -> dict[str, Course]:
    """A conversation for each recording, in its room, all with the same workers."""

    async def hold(stages: Stages, profile: Profile, name: str) -> Course:
        def place(card: SoundCard) -> SoundCard:
            return EchoCard(card, rooms[name]) if rooms else card

        return await live(Session(profile, stages), recordings[name], place=place)

    async def main() -> dict[str, Course]:
        profile = load_profile("embedded", ['conversation.language="en"', *changes])
        async with Stages(profile, Store()) as stages:
            return {name: await hold(stages, profile, name) for name in recordings}

    courses = run(main())
    for course in courses.values():
        check(course)
    return courses


@pytest.fixture(scope="module")
def recordings(speech: Sequence[Clip]) -> dict[str, Audio]:
    return {clip.path.name: read(clip.path) for clip in speech}


@pytest.fixture(scope="module")
def question(recordings: dict[str, Audio]) -> Audio:
    return recordings["LJ001-0008.flac"]


@pytest.fixture(scope="module")
def embedded(weights: Callable[[str], Path]) -> None:
    for name in ("silero-vad", "smart-turn-v3.2", "whisper-base", "piper-joe"):
        weights(name)


@pytest.mark.usefixtures("embedded")
def test_it_makes_no_turn_of_its_own_voice(question: Audio) -> None:
    courses = talk({name: [question] for name in ROOMS}, [*SCRIPTED_REPLY, *SCRIPTED_EARS], ROOMS)
    for name, course in courses.items():
        assert course.kinds == ["SpeechStarted", "SpeechEnded", "FinalTranscript", "TurnEnded"], name
        assert np.count_nonzero(course.played()) > 8 * 24_000, name


@pytest.mark.usefixtures("embedded")
def test_who_talks_over_the_reply_is_heard(question: Audio) -> None:
    rooms = {name: ROOMS[name] for name in ("close and loud", "reverberant")}
    sound = [question, pause(5.0), question, pause(1.0)]
    courses = talk({name: sound for name in rooms}, [*SCRIPTED_REPLY, *SCRIPTED_EARS], rooms)
    for name, course in courses.items():
        assert len(course.of(events.FinalTranscript)) == 2, name
        assert len(course.of(events.Interrupted)) == 1, name


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def babble(recordings: dict[str, Audio], n_samples: int) -> Samples:
    """All recordings at once, as loud as one."""
    parts = [np.roll(np.resize(r.samples, n_samples), 7919 * i) for i, r in enumerate(recordings.values())]
    mixed = sum(part / loudness(part) for part in parts)
    return np.asarray(mixed / loudness(mixed) * 0.06, np.float32)


def melody(n_samples: int) -> Samples:
    """Plucked notes of five harmonics, two a second."""
    random = np.random.default_rng(0)
    sound = np.zeros(n_samples + 2 * RATE)
    time_s = np.arange(2 * RATE) / RATE
    for start in range(0, n_samples, RATE // 2):
        pitch_hz = 220 * 2 ** (random.integers(0, 24) / 12)
        tones = sum(np.sin(2 * np.pi * pitch_hz * h * time_s) / h for h in range(1, 6))
        sound[start : start + 2 * RATE] += tones * np.exp(-2.5 * time_s)
    return np.asarray(sound[:n_samples] / loudness(sound) * 0.1, np.float32)


def knocks(n_samples: int, each_s: float, decay_s: float, rate_hz: float) -> Samples:
    """Bursts of noise that die away: keys, or a door."""
    random = np.random.default_rng(1)
    sound = np.zeros(n_samples)
    n = round(each_s * RATE)
    for start in range(RATE // 4, n_samples - n, round(RATE / rate_hz)):
        sound[start : start + n] += 0.5 * random.standard_normal(n) * np.exp(-np.arange(n) / decay_s / RATE)
    return np.clip(sound, -1, 1).astype(np.float32)


@pytest.mark.usefixtures("embedded")
def test_noise_makes_no_turn(recordings: dict[str, Audio]) -> None:
    n = 6 * RATE
    noises = {
        "people": babble(recordings, n),
        "music": melody(n),
        "keys": knocks(n, each_s=0.03, decay_s=0.004, rate_hz=6.0),
        "a door": knocks(n, each_s=0.4, decay_s=0.05, rate_hz=0.5),
        "hum": (0.1 * np.sin(2 * np.pi * 50 * np.arange(n) / RATE)).astype(np.float32),
    }
    sounds = {name: [Audio(samples, RATE)] for name, samples in noises.items()}
    for name, course in talk(sounds, [*SCRIPTED_REPLY, *SCRIPTED_VOICE]).items():
        assert not course.transcripts, name
        assert not np.any(course.played()), name


@pytest.mark.usefixtures("embedded")
def test_a_question_is_understood_in_noise_and_on_a_bad_line(recordings: dict[str, Audio], question: Audio) -> None:
    clean = np.concatenate([pause(0.5).samples, question.samples, pause(2.0).samples])
    n = len(clean)
    people = babble(recordings, n) / 0.06 * loudness(question.samples)
    sounds = {
        "people, 10 dB": clean + people * 10 ** (-10 / 20),
        "music": clean + 0.2 * melody(n),
        "keys": clean + 0.3 * knocks(n, each_s=0.03, decay_s=0.004, rate_hz=6.0),
        "hum": clean + 0.05 * np.sin(2 * np.pi * 50 * np.arange(n) / RATE),
        "a telephone": resample(resample(Audio(clean, RATE), 8000), RATE).samples,
        "a microphone that clips": np.clip(clean * 8, -0.5, 0.5),
    }
    audio = {name: [Audio(samples.astype(np.float32), RATE)] for name, samples in sounds.items()}
    for name, course in talk(audio, [*SCRIPTED_REPLY, *SCRIPTED_VOICE]).items():
        (text,) = course.transcripts
        wrong = error_count(keys(SAID), keys(text))
        assert wrong <= 2, f"{name}: {text}"


@pytest.mark.usefixtures("embedded")
def test_as_loud_as_the_speaker_other_voices_do_not_make_several_turns_of_one(
    recordings: dict[str, Audio], question: Audio
) -> None:
    clean = np.concatenate([pause(0.5).samples, question.samples, pause(2.0).samples])
    people = babble(recordings, len(clean)) / 0.06 * loudness(question.samples)
    sounds = {f"{db} dB": [Audio((clean + people * 10 ** (-db / 20)).astype(np.float32), RATE)] for db in (5, 0)}
    for name, course in talk(sounds, [*SCRIPTED_REPLY, *SCRIPTED_VOICE]).items():
        assert len(course.transcripts) <= 1, name
