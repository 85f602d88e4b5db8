"""What each stage must be able to do. An engine is a class whose constructor takes one `EngineSpec` and loads weights.

Engines block. Whatever takes time is a generator: its driver stops it between two items by closing it, and an engine
that is closed must be ready for the next call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from models.pictures import DrawingStep, Drawn, ImageOptions, ImageTask
from models.types import Audio, Message, Pause, ReplyOptions, Segment, SpeakOptions, TokenCount, TranscribeOptions


class Engine(Protocol):
    """What a worker needs of every engine.

    Attributes:
        by_turns: what it yields for one call may be taken by turns with that for others, in one thread: each is made as
            if it were alone. An engine that does not say so does one thing after the other.
    """

    by_turns: bool = False

    def warm_up(self) -> None:
        """Runs once what is slow the first time (kernels, caches), so that the first user does not pay for it."""


class EchoCanceller(Protocol):
    """Takes out of the microphone's signal what the loudspeaker put into it. Keeps state: one per conversation.

    Attributes:
        sample_rate_hz: of the microphone's signal.
        latency_samples: by which what comes out lags what went in; constant.
        hears_others: in the newest chunk something was louder than the echo of what is played, whatever it was; known
            before the sound itself comes out. False where the canceller cannot tell.
    """

    sample_rate_hz: int
    latency_samples: int
    hears_others: bool

    def played(self, chunk: Audio) -> None:
        """Takes note of what the loudspeaker was given, in order of time; of any rate and any length.

        Whatever is played while a stretch of the microphone's signal is recorded comes here before that stretch goes
        to `cancel`. Nothing comes while nothing is played.
        """

    def cancel(self, chunk: Audio) -> Audio:
        """The next of the microphone's signal, of any length, without the echo; as many samples come out as go in.

        Samples that were lost on the way are replaced by silence, else the echo is sought at the wrong time.

        Raises:
            AudioError: the chunk has another rate.
        """

    def reset(self) -> None:
        """Forgets the room, and what is under way."""


class VoiceActivityDetector(Protocol):
    """Tells speech from everything else, frame by frame. Keeps state: one detector per conversation."""

    sample_rate_hz: int
    frame_samples: int

    def probability(self, frame: Audio) -> float:
        """Probability in [0, 1] that the next frame, exactly `frame_samples` long, is speech."""

    def reset(self) -> None:
        """Forgets what was heard."""


class EndOfTurnDetector(Protocol):
    """Tells a speaker who has finished from one who only pauses."""

    def probability(self, utterance: Audio) -> float:
        """Probability in [0, 1] that the speaker has finished.

        Args:
            utterance: from its onset until now, the silence after the last word included; of any rate and length.
        """


class SpeechToText(Engine, Protocol):
    """Hears."""

    def transcribe(self, audio: Audio, options: TranscribeOptions) -> Iterator[Segment | Pause]:
        """Yields segments in order of time, each as soon as it is known; none where nothing is said.

        A `Pause`, between them or before the first, is for the driver, and says that the engine can be stopped now.

        Args:
            audio: of any rate and any length.
            options: language, word times, translation.
        """

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        """Several stretches of sound at once, which takes less time than one after the other.

        Yields the segments of each with its index, those of a window in order, times from the start of the window.
        Each is heard as if it were alone: the language may change from one to the next.

        Args:
            windows: of any rate, each at most 30 s; they may be of different lengths.
            options: for all of them.
        """


class LanguageModel(Engine, Protocol):
    """Answers."""

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[str | TokenCount]:
        """Yields deltas whose concatenation is the reply, without stop strings or special tokens.

        Where the options want it, and the engine knows it, a `TokenCount` comes last.

        Args:
            messages: an optional system message, then user and assistant in turn, the last one the user's.
            options: sampling.

        Raises:
            EngineFailed: the messages do not fit into the model's context, or the model is out of reach.
        """

    def prepare(self, messages: Sequence[Message], language: str = "en") -> Iterator[str]:
        """Does the work for a prompt that is about to come, so that `reply` starts sooner. Yields no text.

        An empty delta, here and from `reply`, says only that the engine can be stopped now.

        Args:
            messages: as for `reply`; the user's, the last one, may be unfinished or missing.
            language: ISO 639-1 code of the reply to come, as in `ReplyOptions`.
        """

    def likelihoods(self, prompt: str, continuations: Sequence[str]) -> Iterator[float | Pause]:
        """Yields for each continuation the natural logarithm of its probability after the prompt, in their order.

        A `Pause` says only that the engine can be stopped now.

        Args:
            prompt: plain text, without a trailing space; no chat template is put around it.
            continuations: none of them empty; each begins as the prompt goes on, mostly with a space.

        Raises:
            EngineFailed: the model cannot tell, or is out of reach.
            PromptTooLong: both together do not fit into the model's context.
        """


class TextToSpeech(Engine, Protocol):
    """Speaks."""

    def speak(self, text: str, options: SpeakOptions) -> Iterator[Audio]:
        """Yields chunks, the first as early as possible, all of one rate; none for text without anything to say.

        Raises:
            EngineFailed: the engine has no such language or speaker.
        """


class ImageGenerator(Engine, Protocol):
    """Draws."""

    def make(self, task: ImageTask, options: ImageOptions) -> Iterator[DrawingStep | Drawn | Pause]:
        """Yields a step each time one is done, and each picture as soon as it is finished.

        Raises:
            EngineFailed: the model cannot do such a task.
            NothingKnown: it knows nothing of what was asked.
            OutOfMemory: the device has less memory than that takes.
            PromptTooLong: the prompt is longer than the model can read.
        """
