"""Sound files of all kinds, made where they are needed."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from models import audio
from models.types import Audio


def tone(sample_rate_hz: int, duration_s: float = 1.0, frequency_hz: float = 440.0) -> Audio:
    """A sine at half of full scale."""
    times = np.arange(round(sample_rate_hz * duration_s)) / sample_rate_hz
    return Audio((0.5 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32), sample_rate_hz)


def encoded(path: Path, codec: str, sample_rate_hz: int, channels: int, *, picture: bool = False) -> Path:
    """A file with a tone of 440 Hz, one second long, the same in all channels."""
    layout = {1: "mono", 2: "stereo", 8: "7.1"}.get(channels, f"{channels} channels")
    pcm = np.repeat(np.frombuffer(audio.to_pcm16(tone(sample_rate_hz)), np.int16), channels)
    with av.open(path, "w") as container:
        if picture:
            video = container.add_stream("mpeg4", rate=5)
            video.width = video.height = 16
            video.pix_fmt = "yuv420p"
        stream = container.add_stream(codec, rate=sample_rate_hz)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout=layout)
        frame.sample_rate = sample_rate_hz
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
        if picture:
            for _ in range(5):
                container.mux(video.encode(av.VideoFrame(16, 16, "yuv420p")))
            container.mux(video.encode(None))
    return path
