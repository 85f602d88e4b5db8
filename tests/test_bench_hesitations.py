"""Pauses inside recorded sentences: where they are put, and how long they become."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.hesitations import PAUSES_S, paused_recordings, with_pauses
from assistant.bench.quality import load_recordings
from assistant.bench.rehearsal import silence
from models.audio import write_wav
from models.types import Audio, joined

RATE = 16_000


def tone(duration_s: float) -> Audio:
    return Audio(np.full(round(duration_s * RATE), 0.5, np.float32), RATE)


def sentence() -> Audio:
    """Clauses of 1, 2 and 3 s, with silences of 0.2 and 0.3 s between them, of 0.08 s within, of 0.5 s around them."""
    clauses = [tone(1), silence(0.2), tone(1), silence(0.08), tone(1), silence(0.3), tone(3)]
    return joined([silence(0.5), *clauses, silence(0.5)])


def test_the_longest_silences_become_as_long_as_they_are_to_be() -> None:
    paused = with_pauses(sentence(), 2, cycle((0.7, 1.1)))
    assert np.allclose(paused.pauses, [(1.0, 1.7), (3.78, 4.88)], atol=0.011)
    assert paused.audio.duration_s == pytest.approx(6.0 + 0.08 + 0.7 + 1.1, abs=0.02)
    for start_s, end_s in paused.pauses:
        assert not np.any(paused.audio.between(start_s, end_s).samples)


def test_what_lies_within_words_is_no_pause() -> None:
    assert len(with_pauses(sentence(), 9, cycle(PAUSES_S)).pauses) == 2


def test_a_longer_silence_stays_as_it_is() -> None:
    paused = with_pauses(sentence(), 1, cycle((0.1,)))
    assert np.allclose(paused.pauses, [(3.28, 3.58)], atol=0.011)


def test_what_does_not_end_like_a_sentence_goes_on_after_a_pause(tmp_path: Path) -> None:
    rows = []
    for name, transcript in (("a.wav", "If it rains,"), ("b.wav", "I stay here."), ("c.wav", "Good.")):
        write_wav(tmp_path / name, tone(1.0))
        rows.append(json.dumps({"file": name, "language": "en", "transcript": transcript}))
    (tmp_path / "manifest.jsonl").write_text("\n".join(rows), "utf-8")
    recordings = load_recordings(tmp_path)
    said = {first: list(paused_recordings(recordings, first)) for first in range(len(PAUSES_S))}
    for first, (long, short) in said.items():
        ((start_s, end_s),) = long.pauses
        assert start_s == pytest.approx(1.0, abs=0.011)
        assert end_s - start_s == pytest.approx(PAUSES_S[first], abs=0.011)
        assert long.audio.duration_s == pytest.approx(2.0 + PAUSES_S[first], abs=0.021)
        assert short.pauses == ()
