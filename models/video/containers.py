"""Which containers captions are put into, and the writing of one: streams copied as they are, and a file that appears
under its name only when it is complete."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from models.audio.media import opened
from models.errors import VideoError

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class Container:
    """
    Attributes:
        muxer: FFmpeg's name for it.
        track: the codec of its captions.
        picture: the encoder of a picture that is drawn into; "" where it holds sound only.
    """

    muxer: str
    track: str
    picture: str


_CONTAINERS = {
    ".mp4": Container("mp4", "mov_text", "libx264"),
    ".m4v": Container("mp4", "mov_text", "libx264"),
    ".mov": Container("mov", "mov_text", "libx264"),
    ".m4a": Container("ipod", "mov_text", ""),
    ".mkv": Container("matroska", "subrip", "libx264"),
    ".mka": Container("matroska", "subrip", ""),
    ".webm": Container("webm", "webvtt", "libvpx-vp9"),
}

_log = logging.getLogger(__name__)

# What they hold beside sound and pictures. Anything else (time codes, telemetry) no other container understands.
_COPIED = ("video", "audio", "subtitle", "attachment")


def container_for(media: Path) -> str:
    """The ending of a file that can hold this one's streams and captions: its own, or that of Matroska, which holds
    whatever there is.

    Raises:
        AudioError: the medium cannot be read.
    """
    own = media.suffix.lower()
    if own in _CONTAINERS:
        return own
    with opened(media) as source:
        return ".mkv" if moving_pictures(source) else ".mka"


def moving_pictures(source: InputContainer) -> list[VideoStream]:
    """Not the covers of records, which are streams of one picture."""
    return [stream for stream in source.streams.video if not stream.disposition & stream.disposition.attached_pic]


def container(output: Path) -> Container:
    """
    Raises:
        VideoError: a file of that name cannot hold captions.
    """
    try:
        return _CONTAINERS[output.suffix.lower()]
    except KeyError:
        raise VideoError(
            f"{output}: captions cannot be put into such a file; give it a name that ends in {' '.join(_CONTAINERS)}"
        ) from None


@contextmanager
def written(output: Path, media: Path) -> Iterator[OutputContainer]:
    """A new file for the `with` block; nothing is left of it if that ends in an exception.

    Raises:
        VideoError: it cannot be written, or is the medium itself.
    """
    import av

    kind = container(output)
    if output.exists() and output.samefile(media):
        raise VideoError(f"{output} is the recording itself; give the captioned one another name")
    part = output.with_name(f".{output.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with av.open(f"file:{part.absolute()}", "w", format=kind.muxer) as target:
            yield target
        part.replace(output)
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"{output} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def copied(
    source: InputContainer, target: OutputContainer, *, leaving_out: Stream | None = None
) -> Mapping[int, Stream]:
    """A stream of the target for each of the source's that are copied, by their index; and tags and chapters.

    Raises:
        VideoError: the target cannot hold one of them.
    """
    streams = {}
    for stream in source.streams:
        if stream is leaving_out or stream.type not in _COPIED:
            continue
        try:
            twin = target.add_stream_from_template(stream)
        except ValueError as error:
            raise VideoError(
                f"{source.name.removeprefix('file:')}: {error}; give the output a name that ends in .mkv or .mka"
            ) from error
        twin.metadata.update(stream.metadata)
        if stream.type != "attachment":
            twin.disposition = stream.disposition
        streams[stream.index] = twin
    target.metadata.update(source.metadata)
    target.set_chapters(source.chapters())
    return streams


def packets(source: InputContainer, wanted: Iterable[int]) -> Iterator[Packet[Stream]]:
    """All packets of the streams with these indices, each with the time at which it is to be decoded.

    Matroska stores no such times, and where frames are shown in another order than they are decoded, FFmpeg cannot tell
    those of the first ones; without them no container takes a packet. They are counted as its own command does it: the
    first lies as many frames before its showing as the decoder holds back.
    """
    expected: dict[int, int] = {}
    for packet in _read(source, wanted):
        if not packet.size:  # the sign that a stream has ended
            continue
        stream, length = packet.stream, packet.duration or 1
        if packet.dts is None and packet.pts is not None:
            ahead = length * cast("VideoStream", stream).has_b_frames if stream.type == "video" else 0
            packet.dts = min(packet.pts, expected.get(stream.index, packet.pts - ahead))
        if packet.dts is not None:
            expected[stream.index] = packet.dts + length
        yield packet


def _read(source: InputContainer, wanted: Iterable[int]) -> Iterator[Packet[Stream]]:
    import av

    try:
        yield from source.demux(*(source.streams[index] for index in wanted))
    except av.FFmpegError as error:
        _log.warning("%s is damaged or incomplete, and is read up to there: %s", source.name, error.strerror)


def origin_s(source: InputContainer) -> float:
    """Where the file begins on its own clock: there a transcript's time is 0, as a player's is."""
    import av

    return (source.start_time or 0) / av.time_base


def share(source: InputContainer, time_s: float) -> float:
    """How much of the file lies before a time, in [0, 1]; 0 where its length is unknown."""
    import av

    begin_s, length_s = (source.start_time or 0) / av.time_base, (source.duration or 0) / av.time_base
    return min(1.0, max(0.0, (time_s - begin_s) / length_s)) if length_s > 0 else 0.0
