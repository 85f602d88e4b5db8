"""Speaks English with hibari: 8 MB of weights inside the package, 24 kHz, far faster than real time on one core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models import settings
from models.errors import EngineFailed
from models.tts.spoken_text import pieces, spoken
from models.types import Audio, EngineSpec, SpeakOptions

LANGUAGE = "en"
# The one voice inside the package; the others would be fetched from a hub without a word.
SPEAKER = "heart"
# As loud as the Coqui voice; the loudest of 42 sentences then reaches 0.7.
GAIN = 1.5


@dataclass(frozen=True, slots=True)
class HibariSettings:
    """The engine's own options.

    Attributes:
        seed: equal text gives equal samples; None: a little different each time.
    """

    seed: int | None = None


class HibariTextToSpeech:
    """The package's own voice."""

    def __init__(self, spec: EngineSpec) -> None:
        from hibari import Hibari

        self._settings = settings.read(HibariSettings, spec.options, "tts hibari")
        self._hibari = Hibari(voice=SPEAKER, threads=spec.threads or 1)

    def warm_up(self) -> None:
        for _ in self.speak("Ready.", SpeakOptions()):
            pass

    def speak(self, text: str, options: SpeakOptions) -> Iterator[Audio]:
        """See `TextToSpeech`. A chunk is a sentence."""
        if options.language != LANGUAGE:
            raise EngineFailed(f'hibari does not speak "{options.language}", only "{LANGUAGE}"')
        if options.speaker not in ("", SPEAKER):
            raise EngineFailed(f'hibari has no speaker "{options.speaker}", only "{SPEAKER}"')
        for piece in pieces(spoken(text, options.language)):
            for samples in self._hibari.stream(piece, options.speed, self._settings.seed):
                if len(samples):
                    yield Audio(np.clip(samples * GAIN, -1.0, 1.0).astype(np.float32), self._hibari.sample_rate)
