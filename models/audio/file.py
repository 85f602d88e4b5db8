"""Reading sound out of any file that people have. Formats only: no decision about what the sound is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.audio.media import opened
from models.audio.resampler import SPEECH_RATE_HZ, Resampler
from models.audio.sound_clock import SoundClock, heard_stream
from models.errors import AudioError
from models.types import Audio, Samples, joined

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.container import InputContainer

_log = logging.getLogger(__name__)

# From telephone codecs to the fastest converters. A rate from a damaged header outside of this would have one piece
# resampled to gigabytes.
_SAMPLE_RATES_HZ = range(1_000, 768_001)

# Decoders make frames of about 1,000 samples; in larger pieces Python's share of the work is small.
_PIECE_SAMPLES = 1 << 14


def read_blocks(path: Path, sample_rate_hz: int = SPEECH_RATE_HZ, block_s: float = 1.0) -> Iterator[Audio]:
    """The sound of a file, block by block, in bounded memory however long it is.

    Channels are averaged. NaN and infinity, which a float file can hold, become silence, and so do holes in the sound:
    times are those of a player. Of several sounds the default one is taken; pictures are ignored. A file that breaks
    off or has damaged parts gives what can be decoded.

    Args:
        path: any common audio or video file.
        sample_rate_hz: of the blocks.
        block_s: their length in seconds; the last one is shorter.

    Raises:
        AudioError: no such file, not a regular file, empty, of an unknown format, without sound, or nothing of it can
            be decoded. Raised at the first block.
    """
    size = max(1, round(block_s * sample_rate_hz))
    waiting: list[Audio] = []
    waiting_samples = 0
    for piece in _resampled(_decoded(path), sample_rate_hz):
        waiting.append(piece)
        waiting_samples += len(piece.samples)
        if waiting_samples >= size:
            whole = joined(waiting).samples
            ready = waiting_samples - waiting_samples % size
            for start in range(0, ready, size):
                yield Audio(whole[start : start + size], sample_rate_hz)
            waiting, waiting_samples = [Audio(whole[ready:], sample_rate_hz)], waiting_samples - ready
    if waiting_samples:
        yield joined(waiting)


def read(path: Path, sample_rate_hz: int = SPEECH_RATE_HZ, longest_s: float = 600.0) -> Audio:
    """The whole sound of a file; see `read_blocks`.

    Raises:
        AudioError: also when the sound is longer than `longest_s`; decoding stops there.
    """
    blocks: list[Audio] = []
    length_s = 0.0
    for block in read_blocks(path, sample_rate_hz):
        blocks.append(block)
        length_s += block.duration_s
        if length_s > longest_s:
            raise AudioError(
                f"{path} is longer than {longest_s:g} s, the most that is taken at once; cut it into parts"
            )
    return joined(blocks)


def _decoded(path: Path) -> Iterator[Audio]:
    """Mono pieces in the file's own rate, as long as the decoder makes them; at least one sample, or AudioError."""
    found = False
    with opened(path) as container:
        for piece in _pieces(container, path):
            found = True
            yield piece
    if not found:
        raise AudioError(f"{path} holds no sound that can be decoded; is the file complete?")


def _pieces(container: InputContainer, path: Path) -> Iterator[Audio]:
    import av

    shape: object = None
    packer: AudioResampler | None = None
    clock = SoundClock(container)
    for frame in _frames(container, path):
        if frame.sample_rate not in _SAMPLE_RATES_HZ:
            raise AudioError(f"{path} claims {frame.sample_rate} samples per second; its header must be damaged")
        if silence_s := clock.silence_before_s(frame):
            yield from _packed(packer, None)
            yield from _silence(silence_s, frame.sample_rate)
            shape, packer = None, None
        if shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            yield from _packed(packer, None)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            # Packed float first: PyAV reads past the planes of a frame of 8 or more planar channels and crashes.
            packer = av.AudioResampler(format="flt", frame_size=_PIECE_SAMPLES)
        yield from _packed(packer, frame)
    yield from _packed(packer, None)


def _frames(container: InputContainer, path: Path) -> Iterator[AudioFrame]:
    import av

    if (stream := heard_stream(container)) is None:
        raise AudioError(f"{path} has no audio stream")
    packets = container.demux(stream)
    damaged = 0
    while True:
        try:
            frames = next(packets).decode()
        except StopIteration:
            break
        except av.FFmpegError:  # a broken packet: the next may be whole. A broken container: the next is StopIteration
            damaged += 1
            continue
        yield from frames
    if damaged:
        _log.warning("%s is damaged or incomplete: %d parts could not be decoded", path, damaged)


def _silence(duration_s: float, sample_rate_hz: int) -> Iterator[Audio]:
    left = round(duration_s * sample_rate_hz)
    while left > 0:
        yield Audio(np.zeros(min(left, _PIECE_SAMPLES), np.float32), sample_rate_hz)
        left -= _PIECE_SAMPLES


def _packed(packer: AudioResampler | None, frame: AudioFrame | None) -> Iterator[Audio]:
    """Mono pieces of what the packer has ready; None flushes it."""
    for packed in packer.resample(frame) if packer else ():
        channels = np.asarray(packed.to_ndarray(), dtype=np.float32).reshape(-1, packed.layout.nb_channels)
        finite = np.where(np.isfinite(channels), channels, np.float32(0))
        mono: Samples = np.clip(np.mean(finite, axis=1), -1, 1)
        yield Audio(mono, packed.sample_rate)


def _resampled(pieces: Iterator[Audio], sample_rate_hz: int) -> Iterator[Audio]:
    resampler: Resampler | None = None
    for piece in pieces:
        if resampler is None or resampler.input_hz != piece.sample_rate_hz:  # chained streams may change their rate
            if resampler is not None:
                yield resampler.flush()
            resampler = Resampler(piece.sample_rate_hz, sample_rate_hz)
        yield resampler.feed(piece)
    if resampler is not None:
        yield resampler.flush()
