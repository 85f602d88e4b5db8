"""Frames to films that every program shows, and back to their first frame."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.errors import PictureError
from models.image.file import opened
from models.pictures import Picture

# Smooth enough for things that change slowly, and half the work of 24.
FRAMES_PER_S = 12
# Both well beyond what the eye sees in a film of a few seconds, whose size does not matter.
_H264 = {"crf": "16", "preset": "medium"}


def mp4(frames: Sequence[Picture], texts: Mapping[str, str]) -> bytes:
    """An MP4 file, H.264; the last row or column is doubled where their number is odd, which H.264 does not have."""
    import av

    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as container:
        container.metadata["comment"] = json.dumps(texts)
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options=_H264)
        stream.width, stream.height = (length + length % 2 for length in (frames[0].width, frames[0].height))
        stream.pix_fmt = "yuv420p"  # what every player has
        for frame in frames:
            odd = [(0, frame.height % 2), (0, frame.width % 2), (0, 0)]
            pixels = np.ascontiguousarray(np.pad(frame.pixels, odd, mode="edge"))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return written.getvalue()


def gif(frames: Sequence[Picture], texts: Mapping[str, str]) -> bytes:
    """A GIF file that runs for ever; each frame has the 256 colours that suit it best."""
    from PIL import Image

    first, *others = (Image.fromarray(frame.pixels) for frame in frames)
    written = io.BytesIO()
    first.save(
        written,
        "GIF",
        save_all=True,
        append_images=others,
        duration=round(1000 / FRAMES_PER_S),
        loop=0,
        comment=json.dumps(texts).encode("ascii"),
    )
    return written.getvalue()


def comment(path: Path) -> dict[str, object]:
    """The texts that `mp4` or `gif` wrote into a file.

    Raises:
        PictureError, ValueError, OSError: there are none, or the file is damaged.
    """
    if path.suffix == ".gif":
        with opened(path) as image:
            written = bytes(image.info.get("comment", b"")).decode("ascii")
    else:
        import av

        with av.open(path) as container:
            written = container.metadata.get("comment", "")
    found = json.loads(written)
    if not isinstance(found, dict):
        raise ValueError("the comment is no object")
    return found


def first_frame(path: Path) -> Picture:
    """Of an MP4 file.

    Raises:
        PictureError: it is damaged.
    """
    import av

    try:
        with av.open(path) as container:
            frame = next(container.decode(video=0))
            return Picture(frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False))
    except (av.FFmpegError, StopIteration) as error:
        raise PictureError(f"{path} is damaged and cannot be shown: {error}") from error
