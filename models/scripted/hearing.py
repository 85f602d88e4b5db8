"""Stand-ins for the engines that help to hear: for headphones, tests, demonstrations and `--profile scripted`."""

from __future__ import annotations

from dataclasses import dataclass

from models.audio.resampler import SPEECH_RATE_HZ
from models.errors import AudioError
from models.settings import NoOptions, read
from models.types import Audio, EngineSpec


class NoEchoCanceller:
    """Leaves the microphone's signal as it is: there is no echo in headphones."""

    sample_rate_hz = SPEECH_RATE_HZ
    latency_samples = 0
    hears_others = False

    def __init__(self, spec: EngineSpec) -> None:
        read(NoOptions, spec.options, "options of the none echo canceller")

    def played(self, chunk: Audio) -> None:
        """Is not interested."""

    def cancel(self, chunk: Audio) -> Audio:
        """The chunk itself.

        Raises:
            AudioError: the chunk is not at 16 kHz.
        """
        if chunk.sample_rate_hz != self.sample_rate_hz:
            raise AudioError(f"the microphone's signal is at {self.sample_rate_hz} Hz, not {chunk.sample_rate_hz} Hz")
        return chunk

    def reset(self) -> None:
        """Has nothing to forget."""


@dataclass(frozen=True, slots=True)
class EndOfTurnOptions:
    """What is judged.

    Attributes:
        probabilities: what the calls answer, in order, again from the first after the last.
    """

    probabilities: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if not self.probabilities:
            raise ValueError("probabilities is empty")
        if outside := [p for p in self.probabilities if not 0 <= p <= 1]:
            raise ValueError(f"probabilities has {outside[0]}, which is not between 0 and 1")


class ScriptedEndOfTurnDetector:
    """Answers by the script, whatever was said."""

    def __init__(self, spec: EngineSpec) -> None:
        self._probabilities = read(EndOfTurnOptions, spec.options, "options of the scripted turn").probabilities
        self._calls = 0

    def probability(self, utterance: Audio) -> float:
        """The next of the script's."""
        probability = self._probabilities[self._calls % len(self._probabilities)]
        self._calls += 1
        return probability
