"""The transcript of a growing utterance: in which language it is sought."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.live.transcriber import Transcriber, Transcript
from assistant.virtual_clock import run
from assistant.workers.claim import Claim
from assistant.workers.worker import Worker, WorkerOptions
from models.types import Audio, EngineSpec, Segment, TranscribeOptions

RATE = 16_000
WORDS = "one two three four five six".split()


class Polyglot:
    """Hears one more word each time, in the next language of its list unless it is told which."""

    def __init__(self, spec: EngineSpec) -> None:
        languages = spec.options["languages"]
        assert isinstance(languages, Sequence)
        self._languages = list(languages)
        self._calls = 0

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe(self, audio: Audio, options: TranscribeOptions) -> Iterator[Segment]:
        self._calls += 1
        language = options.language or self._languages[self._calls - 1]
        yield Segment(" ".join(WORDS[: self._calls]), 0.0, audio.duration_s, language)


def transcripts(languages: Sequence[str], lengths_s: Sequence[float], likely: str = "") -> list[Transcript]:
    """One after each of these lengths."""
    spec = EngineSpec("stt", "polyglot", options={"languages": languages})

    async def main() -> list[Transcript]:
        found = []
        async with Worker(spec, WorkerOptions(mode="inline"), Polyglot) as worker:
            transcriber = Transcriber(worker, TranscribeOptions(), likely, lambda *_: None, Claim("the user"))
            reading = asyncio.create_task(transcriber.run())
            for length_s in lengths_s:
                n_samples = round(length_s * RATE) - transcriber.n_samples
                transcriber.append(Audio(np.ones(n_samples, np.float32), RATE))
                found.append(await transcriber.transcript(transcriber.n_samples))
            reading.cancel()
        return found

    return run(main())


def test_a_language_that_two_runs_agree_on_is_kept_for_the_utterance() -> None:
    found = transcripts(["en", "en", "fr"], [2, 3, 4])
    assert [transcript.language for transcript in found] == ["en", "en", "en"]


def test_a_first_guess_of_the_language_is_not_kept() -> None:
    found = transcripts(["ko", "en", "fr"], [2, 3, 4])
    assert [transcript.language for transcript in found] == ["ko", "en", "fr"]


def test_the_shortest_sounds_are_taken_to_be_in_the_language_of_the_conversation() -> None:
    found = transcripts(["ja", "es", "es"], [0.5, 1.4, 2.0], likely="en")
    assert found[0].language == "en"


def test_somebody_who_changes_the_language_of_the_conversation_is_heard() -> None:
    (found,) = transcripts(["es"], [2.0], likely="en")
    assert found.language == "es"


def test_what_was_taken_for_granted_is_no_agreement() -> None:
    found = transcripts(["-", "-", "es", "es"], [0.5, 1.0, 2.0, 3.0], likely="en")
    assert [transcript.language for transcript in found] == ["en", "en", "es", "es"]
