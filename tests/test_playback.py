"""What the loudspeaker plays: no sample is lost or comes twice, whatever is done to the voice meanwhile."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.live.playback import Playback
from models.types import Audio, Samples

RATE = 24_000
BLOCK = 480  # 20 ms


def ramp(n_samples: int) -> Audio:
    """Every sample is another one, and none is zero."""
    return Audio(np.linspace(0.1, 0.9, n_samples, dtype=np.float32), RATE)


def filled(*chunks: Audio) -> Playback:
    playback = Playback(RATE)
    playback.start()
    for chunk in chunks:
        playback.put(chunk)
    return playback


@given(st.lists(st.integers(0, 700), max_size=6), st.lists(st.integers(0, 700), min_size=1, max_size=8))
def test_what_goes_in_comes_out_in_blocks_of_any_length(chunks: list[int], blocks: list[int]) -> None:
    sound = ramp(sum(chunks) or 1)
    edges = np.cumsum([0, *chunks])
    playback = filled(*(Audio(sound.samples[a:b], RATE) for a, b in pairwise(edges)))
    played = np.concatenate([playback.take(n_samples) for n_samples in blocks])
    expected = np.zeros(sum(blocks), np.float32)
    n_samples = min(sum(blocks), sum(chunks))
    expected[:n_samples] = sound.samples[:n_samples]
    assert np.array_equal(played, expected)
    assert playback.played_samples == n_samples
    assert playback.waiting_s == (sum(chunks) - n_samples) / RATE


def test_a_held_voice_fades_and_goes_on_with_the_next_sample() -> None:
    sound = ramp(10 * BLOCK)
    playback = filled(sound)
    before = playback.take(BLOCK)
    playback.hold()
    fading, silent = playback.take(BLOCK), playback.take(BLOCK)
    assert 0 < fading[100] < sound.samples[BLOCK + 100]
    assert fading[-1] == pytest.approx(0, abs=1e-6)
    assert not np.any(silent)
    assert playback.played_samples == 2 * BLOCK
    playback.resume()
    rising, after = playback.take(BLOCK), playback.take(BLOCK)
    assert 0 < rising[0] < sound.samples[2 * BLOCK]
    assert np.array_equal(np.concatenate([before, after]), np.concatenate([sound.samples[:BLOCK], _block(sound, 3)]))


def test_a_quiet_voice_that_is_held_gives_no_sample_away_unheard() -> None:
    """The way down is shorter, and what is left of the block waits."""
    sound = ramp(10 * BLOCK)
    playback = filled(sound)
    playback.duck()
    playback.take(BLOCK)
    playback.hold()
    fading = playback.take(BLOCK)
    # The last sample of the way down is already silent.
    assert playback.played_samples == BLOCK + np.count_nonzero(fading) + 1 < 2 * BLOCK


def test_a_ducked_voice_goes_on_quietly_without_a_click() -> None:
    playback = filled(Audio(np.full(4 * BLOCK, 0.5, np.float32), RATE))
    playback.take(BLOCK)
    playback.duck()
    ducked = np.concatenate([playback.take(BLOCK), playback.take(BLOCK)])
    assert np.abs(np.diff(ducked)).max() < 0.002
    assert ducked[-1] == pytest.approx(0.5 * 0.15)


def test_stopped_it_is_silent_at_once_and_the_next_reply_is_as_loud_as_ever() -> None:
    playback = filled(ramp(4 * BLOCK))
    playback.take(BLOCK)
    playback.hold()
    playback.stop()
    assert not np.any(playback.take(BLOCK))
    assert (playback.waiting_s, playback.played_samples) == (0.0, BLOCK)
    playback.start()
    playback.put(ramp(BLOCK))
    assert np.array_equal(playback.take(BLOCK), ramp(BLOCK).samples)


def test_what_gets_too_loud_is_clipped() -> None:
    playback = filled(ramp(BLOCK))
    playback.volume = 2.0
    assert playback.take(BLOCK).max() == 1.0


def test_whoever_waits_for_room_is_told_of_every_block() -> None:
    playback = filled(ramp(BLOCK))
    rung: list[float] = []
    playback.on_taken = lambda: rung.append(playback.waiting_s)
    playback.take(BLOCK // 2)
    playback.take(BLOCK)
    assert rung == [BLOCK / 2 / RATE, 0.0]


def test_a_chunk_of_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000 Hz for a device of 24000 Hz"):
        Playback(RATE).put(Audio(np.zeros(10, np.float32), 16_000))


def _block(sound: Audio, number: int) -> Samples:
    return sound.samples[number * BLOCK : (number + 1) * BLOCK]
