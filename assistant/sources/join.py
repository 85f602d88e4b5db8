"""One file of two: sites keep good pictures apart from their sound."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.sources.item import ItemFailed, Reason
from models.audio.media import opened
from models.errors import AudioError, VideoError
from models.video.containers import packets, written

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream


def join(picture: Path, sound: Path, output: Path, name: str) -> Path:
    """
    Args:
        output: ends in .mkv, which holds whatever there is.
        name: of the recording, for messages.

    Raises:
        ItemFailed: one of them cannot be read, or the output cannot be written.
    """
    try:
        with opened(picture) as seen, opened(sound) as heard, written(output, picture) as target:
            sources: list[tuple[InputContainer, Stream]] = [
                (seen, seen.streams.video[0]),
                (heard, heard.streams.audio[0]),
            ]
            twins = [target.add_stream_from_template(stream) for _, stream in sources]
            ways = [_timed(source, stream.index, number) for number, (source, stream) in enumerate(sources)]
            for _, number, packet in heapq.merge(*ways, key=lambda timed: timed[:2]):
                packet.stream = twins[number]
                target.mux(packet)
    except (AudioError, IndexError) as error:
        raise ItemFailed(Reason.BROKEN, f"{name}: its picture or its sound cannot be read: {error}") from error
    except VideoError as error:
        raise ItemFailed(Reason.OUTPUT, f"{name}: picture and sound cannot be joined: {error}") from error
    return output


def _timed(source: InputContainer, stream: int, number: int) -> Iterator[tuple[float, int, Packet[Stream]]]:
    """The packets with their times in seconds, so that both streams lie side by side in the file."""
    time_s = 0.0
    for packet in packets(source, [stream]):
        if packet.dts is not None and packet.time_base is not None:
            time_s = float(packet.dts * packet.time_base)
        yield time_s, number, packet
