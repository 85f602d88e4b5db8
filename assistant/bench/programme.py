"""Long recordings with known times, made of short ones: speech, silence, noise and music. No babble: that is speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from assistant.bench.quality import Recording
from models.audio import SPEECH_RATE_HZ, read, resample
from models.types import Audio, Samples, joined

_RATE = SPEECH_RATE_HZ
_ROOM_RMS = 0.0005  # -66 dBFS: a quiet room
_NOISE_RMS = 0.05  # -26 dBFS: as loud as speech
# Chords of four notes, A minor, F, C and G, as in half of all songs: ratios to the root in equal temperament.
_ROOTS_HZ = (220.0, 174.6, 261.6, 196.0)
_MINOR, _MAJOR = (1.0, 1.189, 1.498, 2.0), (1.0, 1.260, 1.498, 2.0)
_CHORD_S, _BEAT_S = 2.0, 0.5


@dataclass(frozen=True, slots=True)
class Placed:
    """A recording, and when it begins in the programme."""

    recording: Recording
    start_s: float


@dataclass(frozen=True, slots=True)
class Programme:
    """
    Attributes:
        audio: at 16 kHz.
        placed: in order of time.
    """

    audio: Audio
    placed: tuple[Placed, ...]


def speech_programme(recordings: Sequence[Recording], shortest_s: float, seed: int = 0) -> Programme:
    """All recordings, again and again in another order, with pauses of 0.2 to 1.2 s; between two rounds 15 s of
    silence, noise or music in turn."""
    random = np.random.default_rng(seed)
    sounds = {recording.path: resample(read(recording.path), _RATE) for recording in recordings}
    between = cycle([silence, noise, music])
    parts: list[Audio] = []
    placed: list[Placed] = []
    length_s = 0.0
    while length_s < shortest_s:
        for index in random.permutation(len(recordings)):
            recording = recordings[index]
            placed.append(Placed(recording, length_s))
            parts += [sounds[recording.path], silence(random.uniform(0.2, 1.2), random)]
            length_s += parts[-2].duration_s + parts[-1].duration_s
        parts.append(next(between)(15.0, random))
        length_s += parts[-1].duration_s
    return Programme(joined(parts), tuple(placed))


def apart(recordings: Sequence[Recording], pause_s: float) -> Programme:
    """Each recording once, with a quiet pause behind it."""
    random = np.random.default_rng(0)
    parts: list[Audio] = []
    placed: list[Placed] = []
    length_s = 0.0
    for recording in recordings:
        placed.append(Placed(recording, length_s))
        parts += [resample(read(recording.path), _RATE), silence(pause_s, random)]
        length_s += parts[-2].duration_s + parts[-1].duration_s
    return Programme(joined(parts), tuple(placed))


def without_speech(duration_s: float, seed: int = 0) -> Audio:
    """Half a minute each of digital silence, a quiet room, noise and music, in turn."""
    random = np.random.default_rng(seed)
    return joined(_turns(duration_s, random))


def _turns(duration_s: float, random: np.random.Generator) -> Iterator[Audio]:
    part_s = 30.0
    for index in range(round(duration_s / part_s)):
        if index % 4 == 0:
            yield Audio(np.zeros(round(part_s * _RATE), np.float32), _RATE)
        else:
            yield (silence, noise, music)[index % 4 - 1](part_s, random)


def silence(duration_s: float, random: np.random.Generator) -> Audio:
    """A quiet room."""
    return _audio(_ROOM_RMS * random.standard_normal(round(duration_s * _RATE)))


def noise(duration_s: float, random: np.random.Generator) -> Audio:
    """White noise as loud as speech."""
    return _audio(_NOISE_RMS * random.standard_normal(round(duration_s * _RATE)))


def music(duration_s: float, random: np.random.Generator) -> Audio:
    """Chords that die away, a drum on each beat and a cymbal between the beats."""
    sound = np.zeros(round(duration_s * _RATE))
    for index, start_s in enumerate(np.arange(0, duration_s, _CHORD_S)):
        root_hz = _ROOTS_HZ[index % len(_ROOTS_HZ)]
        times_s = _times(sound, start_s, _CHORD_S)
        for ratio in _MAJOR if index % len(_ROOTS_HZ) else _MINOR:
            for harmonic in (1, 2, 3):
                tone = np.sin(2 * np.pi * root_hz * ratio * harmonic * times_s) * np.exp(-0.7 * times_s)
                _add(sound, start_s, 0.08 / harmonic**1.5 * tone)
    for start_s in np.arange(0, duration_s, _BEAT_S):
        times_s = _times(sound, start_s, 0.15)
        pitch_hz = 60 + 80 * np.exp(-40 * times_s)
        _add(sound, start_s, 0.3 * np.sin(2 * np.pi * pitch_hz * times_s) * np.exp(-20 * times_s))
        times_s = _times(sound, start_s + _BEAT_S / 2, 0.05)
        _add(sound, start_s + _BEAT_S / 2, 0.08 * random.standard_normal(len(times_s)) * np.exp(-60 * times_s))
    return _audio(sound)


def _times(sound: np.ndarray, start_s: float, duration_s: float) -> np.ndarray:
    """Seconds from the start, as many as fit into the sound."""
    fitting = max(0, min(round(duration_s * _RATE), len(sound) - round(start_s * _RATE)))
    return np.arange(fitting) / _RATE


def _add(sound: np.ndarray, start_s: float, part: np.ndarray) -> None:
    start = round(start_s * _RATE)
    sound[start : start + len(part)] += part


def _audio(samples: np.ndarray) -> Audio:
    clipped: Samples = np.clip(samples, -1, 1).astype(np.float32)
    return Audio(clipped, _RATE)
