"""Small videos of all kinds, made where they are needed, and how to look into one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from media_files import tone

FRAMES_PER_S = 10
PICTURES = {
    ".mp4": "libx264",
    ".mov": "mpeg4",
    ".mkv": "libx264",
    ".webm": "libvpx",
    ".avi": "mpeg4",
    ".ts": "mpeg2video",
}
SOUNDS = {".webm": "libopus", ".avi": "mp2", ".ts": "mp2"}


@dataclass(frozen=True)
class Shape:
    width: int = 320
    height: int = 180
    rotation: int = 0
    duration_s: float = 3.0


def video(path: Path, shape: Shape = Shape(), *, sound: bool = True, starts_s: float = 0) -> Path:
    """A slow gradient with a tone, and tags."""
    with av.open(path, "w", options={"output_ts_offset": str(starts_s)}) as container:
        container.metadata["title"] = "A title"
        picture: Any = container.add_stream(PICTURES[path.suffix], rate=FRAMES_PER_S)
        picture.width, picture.height, picture.pix_fmt = shape.width, shape.height, "yuv420p"
        picture.bit_rate = 2_000_000
        if shape.rotation:
            picture.set_display_rotation(shape.rotation)
        voice: Any = container.add_stream(SOUNDS.get(path.suffix, "aac"), rate=48_000) if sound else None
        if voice:
            voice.layout = "mono"
            voice.metadata["language"] = "fra"
            size = {"aac": 1024, "libopus": 960, "mp2": 1152}[voice.codec_context.name]
            samples = tone(48_000, shape.duration_s).samples
            frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
            frame.sample_rate = 48_000
            resampler = av.AudioResampler(format=voice.format.name, layout="mono", rate=48_000, frame_size=size)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(voice.encode(piece))
            container.mux(voice.encode(None))
        slope = np.linspace(60, 130, shape.width)[None, :, None] + np.linspace(0, 20, shape.height)[:, None, None]
        for number in range(round(shape.duration_s * FRAMES_PER_S)):
            pixels = (slope + np.array([0, 20, 40]) + number / 4).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
    return path


def luma(path: Path) -> dict[float, npt.NDArray[np.float64]]:
    """Time of each frame, rounded to a hundredth, and how bright its pixels are as they are stored."""
    with av.open(path) as container:
        return {
            round(frame.time, 2): frame.reformat(format="gray").to_ndarray().astype(float)
            for frame in container.decode(video=0)
        }


def packets(path: Path, kinds: tuple[str, ...] = ("video", "audio")) -> list[tuple[int, int, bytes]]:
    """Stream, time in ms, and the bits of each packet, stream by stream."""
    with av.open(path) as container:
        found = [
            (packet.stream.index, round(packet.pts * packet.time_base * 1000), bytes(packet))
            for packet in container.demux()
            if packet.size and packet.stream.type in kinds
        ]
    return sorted(found, key=lambda packet: packet[0])  # those of a stream stay in order


def file_begins_s(path: Path) -> float:
    """On the clock of the file."""
    with av.open(path) as container:
        return (container.start_time or 0) / av.time_base


def track(path: Path) -> Iterator[tuple[float, float, str]]:
    """Start, end and text of each caption of the last subtitle track."""
    with av.open(path) as container:
        stream = container.streams.subtitles[-1]
        for packet in container.demux(stream):
            content = bytes(packet) if packet.size else b""
            if stream.codec_context.name == "mov_text":
                content = content[2 : 2 + int.from_bytes(content[:2], "big")]
            if content:
                start_s = float(packet.pts * packet.time_base)
                yield start_s, start_s + float(packet.duration * packet.time_base), content.decode()
