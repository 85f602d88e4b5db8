"""Frozen values that cross the stages. Data only: what is done with them lives in the engines and in `assistant`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Stage: TypeAlias = Literal["echo", "vad", "turn", "stt", "llm", "tts", "image"]
Role: TypeAlias = Literal["system", "user", "assistant"]
Samples: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A stretch of sound.

    Attributes:
        samples: mono float32 in [-1, 1], shape (n_samples,).
        sample_rate_hz: samples per second.
    """

    samples: Samples
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate_hz

    def between(self, start_s: float, end_s: float) -> Audio:
        """The part from `start_s` to `end_s`, cut to what is there; a view, not a copy."""
        start, end = (max(0, round(t * self.sample_rate_hz)) for t in (start_s, end_s))
        return Audio(self.samples[start:end], self.sample_rate_hz)


def joined(chunks: Iterable[Audio]) -> Audio:
    """All chunks in one.

    Raises:
        ValueError: there is no chunk, or their rates differ.
    """
    parts = list(chunks)
    rates = {part.sample_rate_hz for part in parts}
    if len(rates) != 1:
        raise ValueError(f"cannot join {len(parts)} chunks of the rates {sorted(rates)}")
    return Audio(np.concatenate([part.samples for part in parts]), rates.pop())


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times in seconds from the start of the audio; probability in [0, 1]."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A timed part of a transcript.

    Attributes:
        text: what was said, without surrounding white space.
        start_s, end_s: seconds from the start of the audio.
        language: ISO 639-1 code as Whisper names it ("en", "fr", …).
        words: empty unless word times were asked for.
        mean_log_probability: mean over the tokens; Whisper's `avg_logprob`.
        no_speech_probability: in [0, 1]; Whisper's `no_speech_prob`.
        language_probability: in [0, 1]; 1 where the language was chosen, or nothing is known about it.
    """

    text: str
    start_s: float
    end_s: float
    language: str
    words: tuple[Word, ...] = ()
    mean_log_probability: float = 0.0
    no_speech_probability: float = 0.0
    language_probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation as a language model sees it."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """How to transcribe.

    Attributes:
        language: ISO 639-1 code; None: the engine finds out.
        word_times: also time each word (an extra pass).
        translate: write English whatever is spoken.
        prompt: names and spelling that the speaker is likely to use.
        guess: what was probably said, such as the transcript of the same speech when it was shorter. It changes nothing
            but the time that it takes: what is right of it need not be found word by word.
        attempts: at most, where the engine doubts what it heard; each takes as long as the first.
    """

    language: str | None = None
    word_times: bool = False
    translate: bool = False
    prompt: str = ""
    guess: str = ""
    attempts: int = 6


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """Sampling, with the names that people know.

    Attributes:
        max_new_tokens: the reply ends here at the latest; at least 1.
        temperature: 0 takes the likeliest token each time.
        top_k: keep the k likeliest tokens; 0 keeps all.
        top_p: keep the likeliest tokens that together reach this probability, in (0, 1].
        repetition_penalty: > 1 makes repeated tokens less likely (Keskar et al. 2019, section 4.1).
        seed: equal seeds give equal replies; None: different each time.
        language: ISO 639-1 code that the reply is to be in; chooses the examples that a base model is shown.
        stop: the reply ends before the first of these texts; none of them empty.
        count_tokens: say at the end how many there were.
    """

    max_new_tokens: int = 96
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.1
    seed: int | None = None
    language: str = "en"
    stop: tuple[str, ...] = ()
    count_tokens: bool = False

    def __post_init__(self) -> None:
        checks = {
            "max_new_tokens": self.max_new_tokens >= 1,
            "temperature": 0 <= self.temperature < math.inf,
            "top_k": self.top_k >= 0,
            "top_p": 0 < self.top_p <= 1,
            "repetition_penalty": 0 < self.repetition_penalty < math.inf,
            "seed": self.seed is None or 0 <= self.seed < 2**63,  # what random generators take
            "stop": "" not in self.stop,
        }
        for name, holds in checks.items():
            if not holds:
                raise ValueError(f"{name} = {getattr(self, name)} is out of range")


@dataclass(frozen=True, slots=True)
class TokenCount:
    """What a reply took.

    Attributes:
        prompt: tokens that were read, all that stands around the messages included.
        reply: tokens that were written.
        was_cut: the reply had reached its greatest length.
    """

    prompt: int
    reply: int
    was_cut: bool


@dataclass(frozen=True, slots=True)
class SpeakOptions:
    """How to speak.

    Attributes:
        language: ISO 639-1 code of the text.
        speaker: a voice within the model; "": the model's first.
        speed: 1 is the voice's own pace, 2 twice as fast; in [0.5, 2].
    """

    language: str = "en"
    speaker: str = ""
    speed: float = 1.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.speed <= 2:
            raise ValueError(f"speed is {self.speed}, not in [0.5, 2]")


@dataclass(frozen=True, slots=True)
class Pause:
    """For whoever drives an engine: wait this long, pass nothing on; at the least, it can be stopped here."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """All that is needed to build an engine, in any process.

    Attributes:
        stage, engine: where it stands in `models.registry`.
        model: name of the weights in the catalogue, or what the engine calls its model; "" for engines without weights.
        weights: folder that the store filled; None for engines without weights.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto", "float32", "bfloat16", "float16".
        threads: of the CPU; 0 leaves it to the library.
        options: the engine's own settings; each engine checks them and names an unknown one.
    """

    stage: Stage
    engine: str
    model: str = ""
    weights: Path | None = None
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    options: Mapping[str, object] = field(default_factory=dict)
