"""Speaks any of a hundred languages with the espeak-ng program: the voice for languages that no other voice has."""

from __future__ import annotations

import os
import re
import select
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from models import settings
from models.audio import from_pcm16
from models.errors import EngineFailed, EngineUnavailable
from models.settings import nearest
from models.tts.phonemes import INSTALL_ESPEAK
from models.tts.spoken_text import pieces, spoken
from models.types import Audio, EngineSpec, SpeakOptions

CHUNK_SAMPLES = 4096  # 0.19 s at its 22.05 kHz
# A sentence takes about 20 ms; a program that gives nothing for this long hangs.
DEADLINE_S = 20.0
WAV_HEADER_BYTES = 44


@dataclass(frozen=True, slots=True)
class EspeakSettings:
    """The engine's own options.

    Attributes:
        words_per_minute: at speed 1, in [80, 450].
        pitch: in [0, 99].
    """

    words_per_minute: int = 165
    pitch: int = 50

    def __post_init__(self) -> None:
        if not 80 <= self.words_per_minute <= 450:  # espeak-ng's own limits
            raise ValueError(f"words_per_minute = {self.words_per_minute} is not in [80, 450]")
        if not 0 <= self.pitch <= 99:
            raise ValueError(f"pitch = {self.pitch} is not in [0, 99]")


class EspeakTextToSpeech:
    """A process for each sentence; it ends with the sentence or when the generator is closed."""

    by_turns = True

    def __init__(self, spec: EngineSpec) -> None:
        """
        Raises:
            EngineUnavailable: the program is not installed.
        """
        program = shutil.which("espeak-ng")
        if program is None:
            raise EngineUnavailable(f"the program espeak-ng is not installed; install it with {INSTALL_ESPEAK}")
        self._program = program
        self._settings = settings.read(EspeakSettings, spec.options, "tts espeak")

    def warm_up(self) -> None:
        for _ in self.speak("Ready.", SpeakOptions()):
            pass

    def speak(self, text: str, options: SpeakOptions) -> Iterator[Audio]:
        """See `TextToSpeech`. A speaker is a variant of espeak-ng, such as "f3" or "m5"."""
        if options.speaker and options.speaker not in self._variants():  # espeak-ng itself would not say so
            raise EngineFailed(
                f'espeak-ng has no speaker "{options.speaker}"{nearest(options.speaker, self._variants())}'
            )
        for piece in pieces(spoken(text, options.language)):
            with self._running(piece, options) as output:
                yield from _chunks(output)

    def _variants(self) -> frozenset[str]:
        """Names of the files, such as f3, in the last but one column of `espeak-ng --voices=variant`."""
        command = [self._program, "--voices=variant"]
        try:
            listing = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=True).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineFailed(f"espeak-ng could not be run: {error}") from error
        return frozenset(re.findall(r"!v/(\S+)", listing))

    @contextmanager
    def _running(self, text: str, options: SpeakOptions) -> Iterator[IO[bytes]]:
        """The program's WAV while it speaks.

        Raises:
            EngineFailed: it cannot be run, knows no such voice, or writes nothing until the deadline.
        """
        voice = f"{options.language}+{options.speaker}" if options.speaker else options.language
        pace = round(self._settings.words_per_minute * options.speed)
        command = [self._program, "--stdin", "--stdout", "-b", "1", "-v", voice, "-s", str(pace)]
        command += ["-p", str(self._settings.pitch)]
        with tempfile.TemporaryFile() as text_file:  # a pipe breaks where the program ends before it has read
            text_file.write(text.encode())
            text_file.seek(0)
            try:
                process = subprocess.Popen(command, stdin=text_file, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            except OSError as error:
                raise EngineFailed(f"espeak-ng could not be run: {error}") from error
        with process:
            try:
                assert process.stdout is not None
                assert process.stderr is not None
                yield process.stdout
                if process.wait(DEADLINE_S):
                    reason = process.stderr.read().decode(errors="replace").strip()
                    raise EngineFailed(
                        f'espeak-ng cannot speak "{voice}": {reason}; espeak-ng --voices lists its languages'
                    )
            except (TimeoutError, subprocess.TimeoutExpired) as error:
                raise EngineFailed(f'espeak-ng took too long to speak "{voice}"') from error
            finally:
                process.kill()


def _chunks(wav: IO[bytes]) -> Iterator[Audio]:
    """The samples of a mono 16-bit WAV that is still being written."""
    header = _read(wav, WAV_HEADER_BYTES)
    if len(header) < WAV_HEADER_BYTES:  # espeak-ng said nothing, and its exit status says why
        return
    (sample_rate_hz,) = struct.unpack_from("<I", header, 24)
    while pcm := _read(wav, 2 * CHUNK_SAMPLES):
        yield from_pcm16(pcm[: len(pcm) // 2 * 2], sample_rate_hz)


def _read(pipe: IO[bytes], n_bytes: int) -> bytes:
    """So many bytes, fewer at the end. Raises TimeoutError where the writer stalls; a slow reader is no stall."""
    content = b""
    while len(content) < n_bytes:
        if not select.select([pipe], [], [], DEADLINE_S)[0]:
            raise TimeoutError
        part = os.read(pipe.fileno(), n_bytes - len(content))
        if not part:
            break
        content += part
    return content
