"""Changing the sample rate of a signal, whole or as it arrives. libswresample does the filtering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.errors import AudioError
from models.types import Audio, Samples, joined

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler

SPEECH_RATE_HZ = 16_000  # what Whisper, Silero and smart-turn were trained on

# With libswresample's default of 32, a tone just above the new band folds back at -26 dB; with 64 at -90 dB.
_FILTER_TAPS = 64


def resample(audio: Audio, sample_rate_hz: int) -> Audio:
    """The same sound with another rate, round(n * new / old) samples long; the same object if the rate is the same."""
    if audio.sample_rate_hz == sample_rate_hz:
        return audio
    resampler = Resampler(audio.sample_rate_hz, sample_rate_hz)
    return joined([resampler.feed(audio), resampler.flush()])


class Resampler:
    """Turns a signal of one rate into another rate chunk by chunk, as if it had come in one piece.

    The output stays aligned with the input: after `flush`, exactly round(n_input * output_hz / input_hz) samples have
    been returned in all.
    """

    def __init__(self, input_hz: int, output_hz: int) -> None:
        """
        Raises:
            AudioError: a rate is not positive.
        """
        if input_hz <= 0 or output_hz <= 0:
            raise AudioError(f"cannot resample from {input_hz} Hz to {output_hz} Hz: a rate must be positive")
        self.input_hz = input_hz
        self.output_hz = output_hz
        self._restart()

    def feed(self, audio: Audio) -> Audio:
        """What can be said of the output so far; it lags the input by the filter, a few milliseconds.

        Raises:
            AudioError: the chunk is not of the input rate.
        """
        if audio.sample_rate_hz != self.input_hz:
            raise AudioError(f"a chunk of {audio.sample_rate_hz} Hz came to a resampler for {self.input_hz} Hz")
        self._samples_in += len(audio.samples)
        if self._filter is None or not len(audio.samples):
            return Audio(audio.samples, self.output_hz)
        from av import AudioFrame

        samples = np.ascontiguousarray(audio.samples, dtype=np.float32)
        frame = AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = self.input_hz
        return self._taken(self._filter.resample(frame))

    def flush(self) -> Audio:
        """The rest of the output; afterwards the resampler is ready for another signal."""
        if self._filter is None:
            return Audio(np.empty(0, np.float32), self.output_hz)
        due = round(self._samples_in * self.output_hz / self.input_hz) - self._samples_out
        tail = self._taken(self._filter.resample(None)).samples
        self._restart()
        # The filter's own idea of the length can differ by a sample or two.
        return Audio(np.pad(tail, (0, max(0, due - len(tail))))[:due], self.output_hz)

    def _restart(self) -> None:
        self._samples_in = self._samples_out = 0
        self._filter: AudioResampler | None = None
        if self.input_hz != self.output_hz:
            from av import AudioResampler

            taps = {"filter_size": str(_FILTER_TAPS)}
            self._filter = AudioResampler(format="flt", layout="mono", rate=self.output_hz, options=taps)

    def _taken(self, frames: list[AudioFrame]) -> Audio:
        parts: list[Samples] = [frame.to_ndarray()[0] for frame in frames]
        samples = np.concatenate(parts) if parts else np.empty(0, np.float32)
        self._samples_out += len(samples)
        return Audio(samples, self.output_hz)
