"""Speaks with Coqui TTS: VITS voices (also converted from Piper) and XTTS; the folder's config says which."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models import device, settings
from models.errors import EngineFailed, WeightsInvalid
from models.tts.spoken_text import pieces, spoken
from models.types import Audio, EngineSpec, SpeakOptions

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class CoquiSettings:
    """The engine's own options.

    Attributes:
        gain: multiplies the samples, the same for all: a peak-normalised clause would be as loud as a shout.
        seed: equal text gives equal samples; None: a little different each time.
        reference: path of a recording whose voice XTTS takes on, 6 s or more; "" for its built-in speakers.
    """

    gain: float = 1.2  # the loudest of 42 sentences of the voice piper-joe reaches 0.9
    seed: int | None = None
    reference: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.gain < math.inf:
            raise ValueError(f"gain = {self.gain} is out of range")


class _Voice(Protocol):
    by_turns: bool
    sample_rate_hz: int
    speakers: tuple[str, ...]
    languages: tuple[str, ...]

    def chunks(self, text: str, options: SpeakOptions) -> Iterator[torch.Tensor]: ...


class CoquiTextToSpeech:
    """One voice in memory.

    Attributes:
        by_turns: only VITS; XTTS keeps in the model how far it is.
    """

    def __init__(self, spec: EngineSpec) -> None:
        """Loads the folder `spec.weights`: config.json, model.pth and what they name.

        Raises:
            WeightsInvalid: the folder is not a VITS or XTTS voice.
            EngineUnavailable: the voice wants phonemes and espeak-ng is not installed.
            SettingError: an unknown option.
        """
        if spec.weights is None:
            raise WeightsInvalid("the Coqui engine needs a folder with config.json and model.pth")
        self._name = spec.model or spec.weights.name
        self._settings = settings.read(CoquiSettings, spec.options, f"tts {self._name}")
        logging.getLogger("TTS").setLevel(logging.ERROR)  # it reports each step of loading
        place, _ = device.choose(spec)  # always float32: half precision gains nothing on models this small
        self._voice = _load(spec.weights, place, self._settings)
        self.by_turns = self._voice.by_turns

    def warm_up(self) -> None:
        for _ in self.speak("Ready to speak.", SpeakOptions(language=next(iter(self._voice.languages), "en"))):
            pass

    def speak(self, text: str, options: SpeakOptions) -> Iterator[Audio]:
        """See `TextToSpeech`. Long text is synthesised sentence by sentence; text past `MAX_CHARACTERS` is not said."""
        self._check(options)
        for piece in pieces(spoken(text, options.language)):
            for chunk in self._voice.chunks(piece, options):
                samples = np.clip(chunk.numpy() * self._settings.gain, -1.0, 1.0).astype(np.float32)
                yield Audio(samples, self._voice.sample_rate_hz)

    def _check(self, options: SpeakOptions) -> None:
        voice = self._voice
        if voice.languages and options.language not in voice.languages:
            raise EngineFailed(
                f'the voice {self._name} does not speak "{options.language}", only {", ".join(voice.languages)}'
            )
        if options.speaker and options.speaker not in voice.speakers:
            known = f"known are: {', '.join(voice.speakers)}" if voice.speakers else "it has a single one"
            raise EngineFailed(f'the voice {self._name} has no speaker "{options.speaker}"; {known}')


def _load(folder: Path, place: torch.device, options: CoquiSettings) -> _Voice:
    try:
        model = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise WeightsInvalid(f"{folder / 'config.json'} cannot be read as a Coqui configuration: {error!r}") from error
    if model == "vits":
        from models.tts.coqui_vits import VitsVoice

        return VitsVoice(folder, place, options.seed)
    if model == "xtts":
        from models.tts.coqui_xtts import XttsVoice

        return XttsVoice(folder, place, options.reference)
    raise WeightsInvalid(f'{folder} holds a Coqui model of the kind "{model}"; vits and xtts can be spoken with')
