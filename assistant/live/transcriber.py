"""The transcript of one utterance, made again and again while it grows, so that it is ready when the user stops."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from assistant.errors import AssistantError
from assistant.turns.partials import Partial, Partials
from assistant.workers.claim import Claim, Urgency, claim
from assistant.workers.worker import Worker
from models.audio import SPEECH_RATE_HZ
from models.errors import ModelError
from models.types import Audio, TranscribeOptions, joined

# Who speaks says ten letters a second, or three syllables where those are the letters; Whisper writes "Thank you." for
# ten seconds of voices in the background. Short utterances may be one drawn-out word.
_FEWEST_LETTERS_A_SECOND = 1.0
_SURELY_LONG_S = 4.0
# On less sound than this Whisper's guess of the language is worth little: it takes the first word of an English
# question for Korean, and "mhm" for Japanese.
_LANGUAGE_TELLS_S = 1.5


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood of the first `n_samples` of an utterance.

    Attributes:
        text: "" where nothing was understood.
        language: ISO 639-1 code; "" without text.
        audio: what was said; None where it was written.
        certainty: probability of its words, their geometric mean; 1 where it was written.
    """

    text: str
    language: str
    n_samples: int
    audio: Audio | None = None
    certainty: float = 1.0


class Transcriber:
    """Collects the audio of an utterance and transcribes all of it whenever the worker is free and there is news.

    The worker is busy for a fraction of a second at a time, so at the end of the utterance the last run may already
    cover all that was said; then its text is the final one and nobody waits. Where the worker serves others first, the
    run is of all that was said until it is its turn.
    """

    def __init__(
        self,
        stt: Worker,
        options: TranscribeOptions,
        likely_language: str,
        on_partial: Callable[[Transcript, Partial], None],
        partial_claim: Claim,
    ) -> None:
        """
        Args:
            stt: shared by all conversations.
            options: language, translation.
            likely_language: ISO 639-1 code that short sounds are taken to be in; "": whatever they sound like.
            on_partial: called after each run, in the event loop; must not block.
            partial_claim: with which runs wait for the worker while nobody waits for a transcript.
        """
        self._stt = stt
        self._options = options
        self._likely_language = likely_language
        self._on_partial = on_partial
        self._claim = Claim(partial_claim.party, partial_claim.urgency)
        self._partial_urgency = partial_claim.urgency
        self._partials = Partials()
        self._chunks: list[Audio] = []
        self._n_samples = 0
        self._wanted_samples = 0
        self._last = Transcript("", "", 0)
        self._error: Exception | None = None
        self._reading: asyncio.Task[Transcript] | None = None
        self._reading_samples = 0  # while it waits in line it is not known how much it will cover
        self._rested_samples = 0
        self._wanted = asyncio.Event()
        self._done = asyncio.Event()

    @property
    def n_samples(self) -> int:
        """Of the audio so far."""
        return self._n_samples

    @property
    def news_samples(self) -> int:
        """Of the audio that came while nothing was being transcribed."""
        return 0 if self._reading else self._n_samples - self._rested_samples

    @property
    def audio(self) -> Audio:
        """All of it so far."""
        self._chunks = [joined(self._chunks)]
        return self._chunks[0]

    def append(self, audio: Audio) -> None:
        """The utterance goes on."""
        self._chunks.append(audio)
        self._n_samples += len(audio.samples)

    def cut(self, n_samples: int) -> None:
        """It ended after its first `n_samples`; what was appended beyond belongs to the next one."""
        self._chunks = [Audio(self.audio.samples[:n_samples], self.audio.sample_rate_hz)]
        self._n_samples = len(self._chunks[0].samples)

    def want(self, n_samples: int) -> None:
        """A transcript of at least the first `n_samples` is wanted; more is welcome. What covers less is broken off."""
        self._wanted_samples = max(self._wanted_samples, n_samples)
        self._wanted.set()
        if self._reading and 0 < self._reading_samples < self._wanted_samples:
            self._reading.cancel()

    async def transcript(self, n_samples: int) -> Transcript:
        """Waits for a transcript that covers at least the first `n_samples`; no wait if the last one does.

        The text begins with everything that was committed before.

        Raises:
            ModelError, AssistantError: what ended `run`.
        """
        self._claim.urgency = Urgency.AWAITED
        self.want(n_samples)
        try:
            while self._last.n_samples < n_samples:
                if self._error:
                    raise self._error
                self._done.clear()
                await self._done.wait()
        finally:
            self._claim.urgency = self._partial_urgency
        n_samples = self._last.n_samples
        audio = Audio(self.audio.samples[:n_samples], self.audio.sample_rate_hz)
        return Transcript(self._partials.final(self._last.text), self._last.language, n_samples, audio)

    async def run(self) -> None:
        """Transcribes what is wanted, until cancelled, or until it fails: then whoever waits for a transcript is told.

        The first failure is not told: the audio is still here, and a worker that died is restarted.
        """
        may_retry = True
        while True:
            self._wanted.clear()
            if self._wanted_samples <= self._last.n_samples:
                await self._wanted.wait()
                continue
            try:
                transcript = await self._read()
            except (ModelError, AssistantError) as error:
                if may_retry:
                    may_retry = False
                    continue
                self._error = error
                self._done.set()
                return
            if transcript:
                self._take(transcript)

    async def _read(self) -> Transcript | None:
        """None if it was broken off."""
        self._reading_samples = 0
        self._reading = asyncio.create_task(self._transcribe())
        try:
            await asyncio.wait([self._reading])
            return None if self._reading.cancelled() else self._reading.result()
        finally:
            self._reading.cancel()
            self._reading = None
            self._rested_samples = self._n_samples

    def _take(self, transcript: Transcript) -> None:
        partial = self._partials.update(transcript.text)
        is_heard = self._language_tells(self._last.n_samples) and transcript.language == self._last.language
        if partial.committed and is_heard and transcript.language:
            # Two runs agree on it and on words: a third that hears another one is wrong, and would answer in it.
            self._options = replace(self._options, language=transcript.language)
        self._last = transcript
        # First the listener, then whoever waits: turn taking must know the words before they are answered.
        self._on_partial(transcript, partial)
        self._done.set()

    def _language_tells(self, n_samples: int) -> bool:
        """Whether the language of so much sound is found out, and not taken for granted."""
        return not self._likely_language or n_samples >= _LANGUAGE_TELLS_S * SPEECH_RATE_HZ

    async def _transcribe(self) -> Transcript:
        claim.set(self._claim)
        audio = self.audio

        def newest() -> tuple[Audio, TranscribeOptions]:
            nonlocal audio
            audio, options = self.audio, replace(self._options, guess=self._last.text)
            self._reading_samples = len(audio.samples)
            if not options.language and not self._language_tells(len(audio.samples)):
                options = replace(options, language=self._likely_language)
            return audio, options

        async with aclosing(self._stt.stream_newest("transcribe", newest)) as stream:
            segments = [segment async for segment in stream]
        text = " ".join(segment.text for segment in segments).strip()
        if (
            audio.duration_s > _SURELY_LONG_S
            and sum(map(str.isalnum, text)) < _FEWEST_LETTERS_A_SECOND * audio.duration_s
        ):
            text = ""
        certainty = math.exp(min((segment.mean_log_probability for segment in segments), default=0.0))
        return Transcript(text, segments[0].language if text else "", len(audio.samples), certainty=certainty)
