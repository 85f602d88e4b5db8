"""Sound at the edges: PCM16, WAV files, and, gathered here for all callers, resampling and the reading of files.

Inside the program sound is always an `Audio`; 16-bit samples exist only here and at the devices.
"""

from __future__ import annotations

import secrets
import wave
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from models.audio.file import read, read_blocks
from models.audio.resampler import SPEECH_RATE_HZ, Resampler, resample
from models.errors import AudioError
from models.types import Audio

__all__ = [
    "SPEECH_RATE_HZ",
    "Resampler",
    "WavWriter",
    "from_pcm16",
    "read",
    "read_blocks",
    "resample",
    "to_pcm16",
    "write_wav",
]

_FULL_SCALE = 1 << 15  # -1.0 is -32768; then 16-bit samples survive the way to float and back unchanged


def to_pcm16(audio: Audio) -> bytes:
    """Little-endian 16-bit samples; what is beyond [-1, 1] is clipped, NaN is silence."""
    scaled = np.nan_to_num(np.rint(audio.samples * np.float32(_FULL_SCALE)), nan=0.0)
    pcm: npt.NDArray[np.int16] = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
    return pcm.tobytes()


def from_pcm16(pcm: bytes, sample_rate_hz: int) -> Audio:
    """The audio of little-endian 16-bit samples.

    Raises:
        AudioError: the last sample is cut in two.
    """
    if len(pcm) % 2:
        raise AudioError(f"{len(pcm)} bytes are not whole 16-bit samples")
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
    return Audio(samples / np.float32(_FULL_SCALE), sample_rate_hz)


def write_wav(path: Path, audio: Audio) -> None:
    """Writes a PCM16 mono WAV file. It appears under its name only when it is complete.

    Raises:
        AudioError: the folder does not exist, the disk is full, ...
    """
    with WavWriter(path) as writer:
        writer.write(audio)


class WavWriter:
    """Writes chunks to a PCM16 mono WAV file as they come; the first chunk sets the rate.

    The file appears under its name when the `with` block ends; not at all if it ends in an exception or without a
    chunk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._open = ExitStack()
        self._wav: wave.Wave_write | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, chunk: Audio) -> None:
        """
        Raises:
            AudioError: the chunk has another rate than the first one, or the file cannot be written.
        """
        try:
            wav = self._wav or self._opened(chunk.sample_rate_hz)
            if wav.getframerate() != chunk.sample_rate_hz:
                raise AudioError(f"a chunk of {chunk.sample_rate_hz} Hz came to a file of {wav.getframerate()} Hz")
            wav.writeframes(to_pcm16(chunk))
        except OSError as error:
            raise AudioError(f"{self.path} cannot be written: {error.strerror}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wav is None:
            return
        try:
            self._open.close()
            if error is None:
                self._part.replace(self.path)
        except OSError as failure:
            raise AudioError(f"{self.path} cannot be written: {failure.strerror}") from failure
        finally:
            self._part.unlink(missing_ok=True)

    def _opened(self, sample_rate_hz: int) -> wave.Wave_write:
        file = self._open.enter_context(self._part.open("wb"))
        self._wav = self._open.enter_context(wave.open(file, "wb"))  # noqa: SIM115  the stack closes it
        self._wav.setparams((1, 2, sample_rate_hz, 0, "NONE", ""))
        return self._wav
