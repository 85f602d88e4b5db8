"""Captions drawn into the picture, for places that show no tracks. The picture is encoded anew, the sound copied."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from models.audio.media import opened
from models.errors import NoPicture, VideoError
from models.video.containers import container, copied, moving_pictures, origin_s, packets, share, written
from models.video.drawing import Artist, drawn_on
from models.video.programme import Programme

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_log = logging.getLogger(__name__)

# A quality that is hard to tell from the original, and fast enough for two cores. For VP9, what its makers recommend
# for video on demand, with the settings for speed.
_ENCODERS = {
    "libx264": {"crf": "18", "preset": "veryfast"},
    "libvpx-vp9": {"crf": "31", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
}

_CLOCK = Fraction(1, 1000)  # where the source says nothing; finer than any frame is short

# Twice the area of 8K. A damaged header can claim pictures of gigabytes.
_LARGEST_PIXELS = 2 * 7680 * 4320


def burn(
    media: Path,
    captions: Sequence[tuple[float, float, str]],
    language: str,
    output: Path,
    on_progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Writes the medium again, with the captions in its picture; where none is shown, the picture loses only what
    encoding it takes.

    Args:
        media: any file with a moving picture.
        captions: (start, end, text) each; see `Caption`. Where two overlap, the later one is shown.
        language: ISO 639-1 code of the text, for the choice of fonts; "" where it is unknown.
        output: another file; its ending names the container, see `container_for`.
        on_progress: told the share that is done, in [0, 1]; an exception that it raises stops the work. Then, as after
            any failure, nothing is left of the output.

    Raises:
        AudioError: the medium cannot be read.
        FontMissing: a caption has letters that no font on this machine has. Raised before anything is encoded.
        NoPicture: there is no moving picture.
        VideoError: it cannot be decoded, a caption does not fit into it, or the output cannot be written.
    """
    look = _look(media)
    if not (encoder := container(output).picture):
        raise VideoError(f"{output}: such a file holds no picture; name one that ends in .mp4, .mkv, .mov or .webm")
    with opened(media) as source:
        programme = Programme(Artist(look.width, look.height, look.rotation, language), captions, origin_s(source))
        with written(output, media) as target:
            picture = _picture(source, media)
            _encode(picture, _encoder(target, encoder, picture, look), programme, on_progress)
    on_progress(1.0)


@dataclass(frozen=True, slots=True)
class _Look:
    """Of the picture: its even sides as they are stored, and how far players turn it (see `Artist`)."""

    width: int
    height: int
    rotation: int


def _look(media: Path) -> _Look:
    """As the first frame has it."""
    with opened(media) as source:
        picture = _picture(source, media)
        for packet in source.demux(picture):  # the last one is empty: the decoder gives what it held back
            for frame in _decoded(picture, packet):
                if frame.width * frame.height > _LARGEST_PIXELS or min(frame.width, frame.height) < 2:
                    raise VideoError(f"{media} has a picture of {frame.width} x {frame.height}; that cannot be encoded")
                return _Look(frame.width // 2 * 2, frame.height // 2 * 2, round(frame.rotation / 90) * 90)
    raise VideoError(f"{media} holds no picture that can be decoded; is the file complete?")


def _picture(source: InputContainer, media: Path) -> VideoStream:
    if not (moving := moving_pictures(source)):
        raise NoPicture(f"{media} has no moving picture to draw captions into; embed them as a track instead")
    picture = moving[0]
    picture.thread_type = "AUTO"
    return picture


def _encoder(target: OutputContainer, codec: str, picture: VideoStream, look: _Look) -> VideoStream:
    stream = target.add_stream(codec, rate=picture.guessed_rate or 25, options=_ENCODERS[codec])
    encoder = cast("VideoStream", stream)
    encoder.width, encoder.height, encoder.pix_fmt = look.width, look.height, "yuv420p"
    # The clock of the source: frames keep their times, however uneven.
    encoder.codec_context.time_base = picture.time_base or _CLOCK
    if picture.sample_aspect_ratio:
        encoder.codec_context.sample_aspect_ratio = picture.sample_aspect_ratio
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        setattr(encoder.codec_context, name, getattr(picture.codec_context, name))
    if look.rotation:
        encoder.set_display_rotation(look.rotation)
    encoder.metadata.update(picture.metadata)
    encoder.disposition = picture.disposition
    return encoder


def _encode(
    picture: VideoStream, encoder: VideoStream, programme: Programme, on_progress: Callable[[float], None]
) -> None:
    source, target = cast("InputContainer", picture.container), cast("OutputContainer", encoder.container)
    streams = copied(source, target, leaving_out=picture)

    def frames() -> Iterator[VideoFrame]:
        for packet in packets(source, [picture.index, *streams]):
            if packet.stream.index == picture.index:
                yield from _decoded(picture, packet)
            else:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
        yield from _decoded(picture, None)

    latest = None
    for frame in frames():
        if frame.pts is None or (latest is not None and frame.pts <= latest):
            continue  # damaged: no encoder takes a time that does not grow
        latest = frame.pts
        target.mux(encoder.encode(_ready(frame, encoder, programme)))
        on_progress(share(source, frame.time))
    target.mux(encoder.encode(None))


def _decoded(picture: VideoStream, packet: Packet[Any] | None) -> Iterator[VideoFrame]:
    """The frames of a packet, None for those that the decoder held back; none where it is damaged: the next may be
    whole."""
    import av

    try:
        frames = picture.decode(packet)
    except av.FFmpegError as error:
        _log.warning("a part of the picture could not be decoded: %s", error.strerror)
        return
    for frame in frames:
        frame.time_base = picture.time_base or _CLOCK  # those that were held back come without
        yield frame


def _ready(frame: VideoFrame, encoder: VideoStream, programme: Programme) -> VideoFrame:
    plain = frame.reformat(encoder.width, encoder.height, "yuv420p")
    plain.pts, plain.time_base = frame.pts, frame.time_base
    overlay = programme.at(frame.time)
    shown = drawn_on(plain, overlay) if overlay else plain
    shown.pict_type = 0  # which frames stand alone, the encoder decides
    return shown
