"""Captions as a track of a media file. Nothing is encoded anew: the other streams keep each of their bits."""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from models.audio.media import opened
from models.errors import VideoError
from models.video.caption import Caption, in_order
from models.video.containers import container, copied, origin_s, packets, share, written
from models.video.languages import track_language

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.subtitles.stream import SubtitleStream

_CLOCK = Fraction(1, 1000)  # that of Matroska, and fine enough for MP4

# The sample description of MP4 is made of it: white letters with a black outline at the bottom, as large as FFmpeg
# makes those of SubRip.
_STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1
"""

_LONGEST_BYTES = 0xFFFF  # the length of a text in MP4 is a number of two bytes (3GPP TS 26.245, section 5.17)


def embed(
    media: Path,
    captions: Sequence[tuple[float, float, str]],
    language: str,
    output: Path,
    on_progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Writes the medium again, with the captions as a further track.

    The track is shown by default if it is the only one of its kind.

    Args:
        media: any file with sound or a picture.
        captions: (start, end, text) each; see `Caption`.
        language: ISO 639-1 code of the text; "" where it is unknown.
        output: another file; its ending names the container, see `container_for`.
        on_progress: told the share that is done, in [0, 1]; an exception that it raises stops the work. Then, as after
            any failure, nothing is left of the output.

    Raises:
        AudioError: the medium cannot be read.
        VideoError: the output cannot be written, or its container cannot hold the captions or one of the streams.
    """
    with opened(media) as source, written(output, media) as target:
        streams = copied(source, target)
        if not streams:
            raise VideoError(f"{media} holds neither sound nor a picture")
        track = _add_track(target, container(output).track, language)
        waiting = deque(_packets(track, captions, origin_s(source)))
        for packet in packets(source, streams):
            now_s = float((packet.dts or 0) * packet.time_base)
            while waiting and (waiting[0].dts or 0) * _CLOCK <= now_s:
                target.mux(waiting.popleft())
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
            on_progress(share(source, now_s))
        target.mux(list(waiting))
    on_progress(1.0)


def _add_track(target: OutputContainer, codec: str, language: str) -> SubtitleStream:
    is_only = not any(stream.type == "subtitle" for stream in target.streams)
    track = cast("SubtitleStream", target.add_stream(codec))
    track.codec_context.subtitle_header = _STYLE
    track.time_base = track.codec_context.time_base = _CLOCK
    track.metadata["language"] = track_language(language, target.format.name)
    if is_only:
        track.disposition = track.disposition.default
    return track


def _packets(
    track: SubtitleStream, captions: Sequence[tuple[float, float, str]], begin_s: float
) -> list[Packet[Stream]]:
    from av.packet import Packet

    made: list[Packet[Stream]] = []
    for caption in in_order(captions):
        packet = Packet(_encoded(caption, track.codec_context.name))
        packet.stream, packet.time_base = track, _CLOCK
        start, end = (round((begin_s + time_s) / _CLOCK) for time_s in (caption.start_s, caption.end_s))
        packet.pts = packet.dts = start
        packet.duration = max(1, end - start)
        made.append(packet)
    return made


def _encoded(caption: Caption, codec: str) -> bytes:
    if codec == "webvtt":
        return html.escape(caption.text, quote=False).encode("utf-8", "replace")
    text = caption.text.encode("utf-8", "replace")
    if codec != "mov_text":
        return text
    text = text[:_LONGEST_BYTES].decode("utf-8", "ignore").encode()  # not in the middle of a letter
    return len(text).to_bytes(2, "big") + text
