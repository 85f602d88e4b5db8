"""Recorded sentences with pauses inside them, their own pauses made longer.

Of real voices only: what synthetic ones say before a comma sounds finished, and the end of their sentences does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

import numpy as np

from assistant.bench.quality import Recording
from assistant.bench.rehearsal import AUDIBLE, silence, speech_end_s, speech_start_s
from models.audio import SPEECH_RATE_HZ, read
from models.types import Audio, joined

# A breath, a comma of a slow speaker, somebody who looks for a word.
PAUSES_S = (0.4, 0.7, 1.1)
# Within words ("p", "t", "k") it is silent for less than this; readers pause for longer between clauses.
_BETWEEN_CLAUSES_S = 0.12
# Readers make a pause every three seconds or so; a sentence cut into smaller pieces would be nobody's.
_CLAUSE_S = 3.0
_WINDOW_S = 0.01


@dataclass(frozen=True, slots=True)
class Paused:
    """
    Attributes:
        audio: from the first to the last audible sample.
        pauses: (start, end) in seconds.
    """

    audio: Audio
    pauses: tuple[tuple[float, float], ...]


def paused_recordings(recordings: Sequence[Recording], first: int = 0) -> Iterator[Paused]:
    """Whole sentences: what does not end like one is continued by the next recording, after a pause. Within recordings
    the pauses between clauses are made longer.

    Args:
        first: with which of the lengths the first sentence begins; they go round.
    """
    lengths_s = cycle(PAUSES_S[first:] + PAUSES_S[:first])
    parts: list[Paused] = []
    for number, recording in enumerate(recordings, start=1):
        audio = read(recording.path, SPEECH_RATE_HZ)
        parts.append(with_pauses(audio, int(audio.duration_s / _CLAUSE_S), lengths_s))
        if _ends(recording.transcript) or number == len(recordings):
            yield _joined(parts, lengths_s)
            parts = []


def with_pauses(audio: Audio, n_pauses: int, lengths_s: Iterator[float]) -> Paused:
    """The longest silences of the audio, at most `n_pauses` of them, brought to the next of these lengths."""
    trimmed = audio.between(speech_start_s(audio), speech_end_s(audio))
    gaps = sorted(sorted(_gaps(trimmed), key=lambda gap: gap[0] - gap[1])[:n_pauses])
    parts: list[Audio] = []
    pauses: list[tuple[float, float]] = []
    done_s = length_s = 0.0
    for start_s, end_s in gaps:
        # The sound dies away in the first half of the gap, and the next breath is in the second.
        middle_s = (start_s + end_s) / 2
        added_s = max(0.0, next(lengths_s) - (end_s - start_s))
        parts += [trimmed.between(done_s, middle_s), silence(added_s)]
        length_s += middle_s - done_s
        pauses.append((length_s - (middle_s - start_s), length_s + added_s + end_s - middle_s))
        length_s += added_s
        done_s = middle_s
    parts.append(trimmed.between(done_s, trimmed.duration_s))
    return Paused(joined(parts), tuple(pauses))


def _gaps(audio: Audio) -> Iterator[tuple[float, float]]:
    """Stretches without an audible sample that are long enough to lie between clauses."""
    size = round(_WINDOW_S * audio.sample_rate_hz)
    n_windows = len(audio.samples) // size
    levels = np.abs(audio.samples[: n_windows * size]).reshape(n_windows, size).max(axis=1)
    loud = np.flatnonzero(levels > AUDIBLE * levels.max())
    for before, after in pairwise(loud):
        if (after - before - 1) * _WINDOW_S >= _BETWEEN_CLAUSES_S:
            yield float(before + 1) * _WINDOW_S, float(after) * _WINDOW_S


def _joined(parts: Sequence[Paused], lengths_s: Iterator[float]) -> Paused:
    sound: list[Audio] = []
    pauses: list[tuple[float, float]] = []
    now_s = 0.0
    for part in parts:
        if sound:
            gap = silence(next(lengths_s))
            pauses.append((now_s, now_s + gap.duration_s))
            sound.append(gap)
            now_s += gap.duration_s
        pauses += [(start_s + now_s, end_s + now_s) for start_s, end_s in part.pauses]
        sound.append(part.audio)
        now_s += part.audio.duration_s
    return Paused(joined(sound), tuple(pauses))


def _ends(transcript: str) -> bool:
    return transcript.rstrip(" \"'»”").endswith((".", "?", "!", "。"))
