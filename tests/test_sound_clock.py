"""Times of what is heard are those of a player: holes in the sound and a late beginning count."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from media_files import tone

from models.audio import read
from models.audio.sound_clock import SoundClock

RATE_HZ = 48_000


def film(path: Path, pitches_hz: Iterable[float], *, late_s: float = 0.0, hole_s: float = 0.0) -> Path:
    """Four seconds of picture, with a sound of each pitch; the last sound is the default one."""
    with av.open(path, "w") as container:
        picture: Any = container.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 16
        sounds: list[Any] = [container.add_stream("pcm_s16le", rate=RATE_HZ) for _ in pitches_hz]
        for sound in sounds:
            sound.layout = "mono"
            sound.disposition = av.stream.Disposition.default if sound is sounds[-1] else av.stream.Disposition(0)
        packets = [packet for n in range(40) for packet in picture.encode(blank(n))] + picture.encode(None)
        for sound, pitch_hz in zip(sounds, pitches_hz, strict=True):
            whole = (tone(RATE_HZ, 2.0, pitch_hz).samples * 32767).astype(np.int16)
            for start in range(0, len(whole), 4800):
                frame = av.AudioFrame.from_ndarray(whole[None, start : start + 4800], format="s16", layout="mono")
                frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
                frame.pts = start + round((late_s + (hole_s if start >= RATE_HZ else 0.0)) * RATE_HZ)
                packets += sound.encode(frame)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def blank(number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, 10)
    return frame


def loud_s(path: Path) -> list[int]:
    """Tenths of seconds in which there is sound."""
    samples = np.abs(read(path).samples)
    return [n for n, part in enumerate(np.array_split(samples, round(len(samples) / 1600))) if part.max() > 0.1]


def test_sound_that_begins_behind_the_picture_is_heard_when_a_player_plays_it(tmp_path: Path) -> None:
    path = film(tmp_path / "late.mkv", [440.0], late_s=1.5)
    assert read(path).duration_s == pytest.approx(3.5, abs=0.03)
    assert loud_s(path) == list(range(15, 35))


def test_a_hole_in_the_sound_moves_nothing_that_follows_it(tmp_path: Path) -> None:
    path = film(tmp_path / "hole.mkv", [440.0], hole_s=0.5)
    assert loud_s(path) == [*range(10), *range(15, 25)]


def test_of_several_sounds_the_default_one_is_heard(tmp_path: Path) -> None:
    heard = read(film(tmp_path / "two.mkv", [440.0, 1000.0])).samples
    spectrum = np.abs(np.fft.rfft(heard[:16_000]))
    assert np.argmax(spectrum) == 1000


class Container:
    """A file that begins at 10 s on its clock."""

    start_time: int | None = 10_000_000

    def __init__(self, duration_s: float | None) -> None:
        self.duration = None if duration_s is None else round(duration_s * 1e6)


def silences_s(container: Container, *times_s: float | None) -> list[float]:
    clock = SoundClock(container)  # type: ignore[arg-type]
    frames: list[Any] = [SimpleNamespace(time=time_s, samples=1000, sample_rate=1000) for time_s in times_s]
    return [round(clock.silence_before_s(frame), 3) for frame in frames]


@pytest.mark.parametrize(
    ("duration_s", "times_s", "silences"),
    [
        (100.0, (10.0, 11.0, 12.0), [0, 0, 0]),
        (100.0, (10.02, 11.07, 11.98), [0, 0, 0]),  # clocks are coarse
        (100.0, (12.5, 13.5), [2.5, 0]),
        (100.0, (10.0, 14.0, 15.0), [0, 3.0, 0]),
        (100.0, (10.0, None, 12.0, 14.0), [0, 0, 0, 1.0]),  # a frame without a time follows the one before it
        (100.0, (10.0, 500.0, 501.0, 503.0), [0, 0, 0, 0]),  # beyond the end: only the clock leaps
        (None, (10.0, 500.0), [0, 489.0]),
        (None, (10.0, 9000.0, 9001.0), [0, 0, 0]),
        (100.0, (10.0, 60.0, 12.0, 13.0, 16.0), [0, 49.0, 0, 0, 2.0]),  # it begins anew
        (100.0, (10.0, 11.3, 12.1, 13.0), [0, 0.3, 0, 0]),
    ],
)
def test_silence_is_what_the_clock_leaves_out(
    duration_s: float | None, times_s: tuple[float | None, ...], silences: list[float]
) -> None:
    assert silences_s(Container(duration_s), *times_s) == silences


def test_a_file_without_a_clock_begins_with_its_first_frame() -> None:
    container = Container(None)
    container.start_time = None
    assert silences_s(container, 7.0, 8.0, 9.5) == [0, 0, 0.5]
