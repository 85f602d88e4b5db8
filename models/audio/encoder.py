"""Sound as the files that people send and play, encoded as it comes. For streams: nothing is written to afterwards."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np

from models.audio import to_pcm16
from models.audio.resampler import Resampler
from models.types import Audio

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import OutputContainer

AudioFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]

# What OpenAI's voices have, so that clients which are told no rate play it right; every codec here takes it.
ENCODED_RATE_HZ = 24_000

# Of a WAV file whose length is not known yet, which players read up to its end.
_UNKNOWN_LENGTH = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Codec:
    """FFmpeg's names, and bits per second (0: it decides)."""

    container: str
    codec: str
    bit_rate: int
    options: Mapping[str, str]


# Bit rates at which one voice cannot be told from the original.
_CODECS: Mapping[str, _Codec] = MappingProxyType(
    {
        "mp3": _Codec("mp3", "libmp3lame", 64_000, {"write_xing": "0"}),  # it would be written at the end, in front
        "opus": _Codec("ogg", "libopus", 32_000, {"page_duration": "20000"}),  # µs: a page a packet, not a second
        "aac": _Codec("adts", "aac", 64_000, {}),
        "flac": _Codec("flac", "flac", 0, {}),
    }
)

MEDIA_TYPES: Mapping[AudioFormat, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": f"audio/pcm;rate={ENCODED_RATE_HZ}",
    }
)


class Encoder:
    """One stream: `feed` chunks of any one rate, then `finish`. The joined bytes are the file.

    "pcm" is little-endian 16-bit samples without a header. All are mono at `ENCODED_RATE_HZ`.
    """

    def __init__(self, audio_format: AudioFormat) -> None:
        self._resampler: Resampler | None = None
        self._sink: _Samples | _Coded
        self._sink = (
            _Samples(with_header=audio_format == "wav")
            if audio_format in ("wav", "pcm")
            else _Coded(_CODECS[audio_format])
        )

    def feed(self, audio: Audio) -> bytes:
        """What is ready with this chunk; may be empty.

        Raises:
            AudioError: the chunk has another rate than the first one.
        """
        if self._resampler is None:
            self._resampler = Resampler(audio.sample_rate_hz, ENCODED_RATE_HZ)
        return self._sink.write(self._resampler.feed(audio))

    def finish(self) -> bytes:
        """The rest."""
        rest = self._sink.write(self._resampler.flush()) if self._resampler else b""
        return rest + self._sink.end()


class _Samples:
    def __init__(self, *, with_header: bool) -> None:
        self._header = _wav_header() if with_header else b""

    def write(self, audio: Audio) -> bytes:
        header, self._header = self._header, b""
        return header + to_pcm16(audio)

    def end(self) -> bytes:
        return self._header


class _Coded:
    def __init__(self, codec: _Codec) -> None:
        import av

        self._out = _Growing()
        self._container: OutputContainer = av.open(
            self._out, "w", format=codec.container, container_options=dict(codec.options)
        )
        stream = self._container.add_stream(codec.codec, rate=ENCODED_RATE_HZ, layout="mono")
        self._stream = cast("AudioStream", stream)  # PyAV types only the codecs that it lists
        if codec.bit_rate:
            self._stream.bit_rate = codec.bit_rate

    def write(self, audio: Audio) -> bytes:
        from av import AudioFrame

        if len(audio.samples):
            samples = np.ascontiguousarray(audio.samples[None], np.float32)
            frame = AudioFrame.from_ndarray(np.clip(samples, -1, 1), format="flt", layout="mono")
            frame.sample_rate = ENCODED_RATE_HZ
            self._container.mux(self._stream.encode(frame))
        return self._out.taken()

    def end(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._out.taken()


class _Growing(io.RawIOBase):
    """What is written, until it is taken. Cannot seek, so that a format which would need to is not written wrongly."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: memoryview | bytes) -> int:  # type: ignore[override]
        self._bytes += piece
        return len(piece)

    def taken(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


def _wav_header() -> bytes:
    """Of PCM16 mono (Multimedia Programming Interface 1.0, chapter 3), with lengths that are not known."""
    rate = ENCODED_RATE_HZ
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", _UNKNOWN_LENGTH, b"WAVE") + chunk + struct.pack("<4sI", b"data", _UNKNOWN_LENGTH)
    )
