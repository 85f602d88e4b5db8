"""Engines without weights that do what a script says: for tests, demonstrations and `--profile scripted`.

They are deterministic: the n-th call of a fresh engine always gives the same items. They never wait themselves; where a
script asks for time to pass they yield a `Pause`, and whoever drives them waits (on a virtual clock, no time at all).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.errors import AudioError, EngineFailed, PromptTooLong
from models.scripted.script import Script, check_pause, pause
from models.scripted.speech import understood
from models.settings import read
from models.types import (
    Audio,
    EngineSpec,
    Message,
    Pause,
    ReplyOptions,
    Segment,
    SpeakOptions,
    TokenCount,
    TranscribeOptions,
    Word,
)

# RMS below this is silence: -60 dBFS is under the noise of any microphone's room and above that of 16-bit rounding.
_SILENCE_RMS = 0.001


@dataclass(frozen=True, slots=True)
class VoiceActivityOptions:
    """Levels in dB below full scale: at `quiet_db` and below the probability is 0, at `loud_db` and above it is 1.

    The defaults lie between a silent room (about -60) and a voice close to the microphone (about -25).
    """

    quiet_db: float = -50.0
    loud_db: float = -35.0

    def __post_init__(self) -> None:
        if self.quiet_db >= self.loud_db:
            raise ValueError(f"quiet_db = {self.quiet_db} is not below loud_db = {self.loud_db}")


class ScriptedVoiceActivityDetector:
    """Takes what is loud for speech. It keeps no state, so one may serve several conversations."""

    # What Silero takes, so that one can stand in for the other.
    sample_rate_hz = 16_000
    frame_samples = 512

    def __init__(self, spec: EngineSpec) -> None:
        self._options = read(VoiceActivityOptions, spec.options, "options of the scripted vad")

    def probability(self, frame: Audio) -> float:
        """Rises in a straight line with the level in dB.

        Raises:
            AudioError: the frame is not 512 samples at 16 kHz.
        """
        if len(frame.samples) != self.frame_samples or frame.sample_rate_hz != self.sample_rate_hz:
            raise AudioError(
                f"a frame is {self.frame_samples} samples at {self.sample_rate_hz} Hz, "
                f"not {len(frame.samples)} at {frame.sample_rate_hz} Hz"
            )
        rms = _rms(frame)
        if rms == 0:
            return 0.0
        quiet, loud = self._options.quiet_db, self._options.loud_db
        return min(1.0, max(0.0, (20 * math.log10(rms) - quiet) / (loud - quiet)))

    def reset(self) -> None:
        """Has nothing to forget."""


@dataclass(frozen=True, slots=True)
class SpeechToTextOptions:
    """What is heard.

    Attributes:
        lines: what the calls hear, in order, again from the first after the last.
        vocabulary: instead of the lines, what is really said: see `models.scripted.speech`.
        language: ISO 639-1 code that is reported when the caller names none.
        pause_s: time that passes before the segment.
        fail_on: the calls, counted from 1, that raise `EngineFailed`.
    """

    lines: tuple[str, ...] = ("What is the capital of France?",)
    vocabulary: tuple[str, ...] = ()
    language: str = "en"
    pause_s: float = 0.0
    fail_on: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_pause(self.pause_s)
        if not self.lines:
            raise ValueError("lines is empty")


class ScriptedSpeechToText:
    """Hears the next line or, with a vocabulary, what was said; nothing in silence, which does not count as a call."""

    def __init__(self, spec: EngineSpec) -> None:
        self._options = read(SpeechToTextOptions, spec.options, "options of the scripted stt")
        self._script = Script(self._options.lines, self._options.fail_on)

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe(self, audio: Audio, options: TranscribeOptions) -> Iterator[Segment | Pause]:
        """Yields one segment over the whole audio; its word times are spread evenly.

        Raises:
            EngineFailed: the script says so.
        """
        if not len(audio.samples) or _rms(audio) < _SILENCE_RMS:
            return
        line = self._script.next()
        yield from pause(self._options.pause_s)
        vocabulary = self._options.vocabulary
        text = understood(audio, vocabulary) if vocabulary else line
        if not text:
            return
        yield Segment(
            text=text,
            start_s=0.0,
            end_s=audio.duration_s,
            language="en" if options.translate else options.language or self._options.language,
            words=_spread(text, audio.duration_s) if options.word_times else (),
        )

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        """One after the other, each as by `transcribe`; each counts as a call."""
        for index, window in enumerate(windows):
            for item in self.transcribe(window, options):
                yield item if isinstance(item, Pause) else (index, item)


@dataclass(frozen=True, slots=True)
class LanguageModelOptions:
    """What is answered.

    Attributes:
        replies: in order, again from the first after the last; "" answers "You said: " and the user's last message.
        pause_s: time that passes before each delta.
        fail_on: the calls, counted from 1, that raise `EngineFailed`.
        context_tokens: the most words that the messages may have; 0: any number.
        likely: words of a prompt -> the continuation that they make likely.
    """

    replies: tuple[str, ...] = ("",)
    pause_s: float = 0.0
    fail_on: tuple[int, ...] = ()
    context_tokens: int = 0
    likely: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_pause(self.pause_s)
        if not self.replies:
            raise ValueError("replies is empty")
        if self.context_tokens < 0:
            raise ValueError(f"context_tokens = {self.context_tokens} is negative")


class ScriptedLanguageModel:
    """Answers word by word; each word counts as one token."""

    by_turns = True

    def __init__(self, spec: EngineSpec) -> None:
        self._options = read(LanguageModelOptions, spec.options, "options of the scripted llm")
        self._script = Script(self._options.replies, self._options.fail_on)

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[str | TokenCount | Pause]:
        """Yields the words, each but the first with the spaces before it, at most `max_new_tokens` of them.

        Raises:
            PromptTooLong: the messages do not fit into the context.
            EngineFailed: the script says so.
        """
        n_words = sum(len(message.text.split()) for message in messages)
        if 0 < self._options.context_tokens < n_words:
            raise PromptTooLong(f"the conversation has {n_words} words, above {self._options.context_tokens}")
        words = _spaced(self._script.next() or f"You said: {messages[-1].text}")
        whole = "".join(words[: options.max_new_tokens])
        end = min((whole.find(stop) for stop in options.stop if stop in whole), default=len(whole))
        said = _spaced(whole[:end])
        for word in said:
            yield from pause(self._options.pause_s)
            yield word
        if options.count_tokens:
            was_cut = end == len(whole) and len(words) > options.max_new_tokens
            yield TokenCount(n_words, len(said), was_cut)

    def prepare(self, messages: Sequence[Message], language: str = "en") -> Iterator[str | Pause]:
        """Has nothing to prepare; does not count as a call."""
        yield from ()

    def likelihoods(self, prompt: str, continuations: Sequence[str]) -> Iterator[float | Pause]:
        """What the script makes likely has a probability of 0.9, everything else of 0.1; does not count as a call."""
        likely = [continuation for words, continuation in self._options.likely.items() if words in prompt]
        for continuation in continuations:
            yield from pause(self._options.pause_s)
            yield math.log(0.9 if continuation in likely else 0.1)


@dataclass(frozen=True, slots=True)
class TextToSpeechOptions:
    """How it sounds.

    Attributes:
        tone_hz: pitch; the default is the concert pitch a'.
        word_s: length of a word at speed 1; 0.2 s is fast speech, five words a second.
        chunk_s: length of a chunk; the last one may be shorter.
        pause_s: time that passes before each chunk.
        fail_on: the calls, counted from 1, that raise `EngineFailed`.
    """

    tone_hz: float = 440.0
    word_s: float = 0.2
    chunk_s: float = 0.1
    pause_s: float = 0.0
    fail_on: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_pause(self.pause_s)
        if self.word_s <= 0 or self.chunk_s <= 0:
            raise ValueError(f"word_s = {self.word_s} and chunk_s = {self.chunk_s} must be above 0")


class ScriptedTextToSpeech:
    """Speaks a tone that is as long as the text has words."""

    by_turns = True

    sample_rate_hz = 24_000
    # -12 dBFS, about as loud as speech.
    _AMPLITUDE = 0.25

    def __init__(self, spec: EngineSpec) -> None:
        self._options = read(TextToSpeechOptions, spec.options, "options of the scripted tts")
        self._script = Script((None,), self._options.fail_on)

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def speak(self, text: str, options: SpeakOptions) -> Iterator[Audio | Pause]:
        """Yields chunks at 24 kHz; punctuation alone is no word, and a tone is the same in every language.

        Raises:
            EngineFailed: the script says so, or a speaker is named: a tone has none.
        """
        if options.speaker:
            raise EngineFailed(f'the scripted voice has no speaker "{options.speaker}"')
        self._script.next()
        words = sum(any(letter.isalnum() for letter in word) for word in text.split())
        total = words * round(self._options.word_s / options.speed * self.sample_rate_hz)
        step = max(1, round(self._options.chunk_s * self.sample_rate_hz))
        for start in range(0, total, step):
            yield from pause(self._options.pause_s)
            time_s = np.arange(start, min(start + step, total)) / self.sample_rate_hz
            tone = self._AMPLITUDE * np.sin(2 * np.pi * self._options.tone_hz * time_s)
            yield Audio(tone.astype(np.float32), self.sample_rate_hz)


def _spaced(text: str) -> list[str]:
    """The words, each but the first with the spaces before it."""
    return re.findall(r"\s*\S+", text.strip())


def _rms(audio: Audio) -> float:
    return float(np.sqrt(np.mean(np.square(audio.samples, dtype=np.float64))))


def _spread(text: str, duration_s: float) -> tuple[Word, ...]:
    texts = text.split()
    times = [duration_s * index / len(texts) for index in range(len(texts) + 1)]
    return tuple(Word(word, start, end, 1.0) for word, start, end in zip(texts, times[:-1], times[1:], strict=True))
