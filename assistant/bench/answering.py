"""How soon a spoken question is answered, beside the same engines used one after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from assistant.bench.measure import Spread, spread
from assistant.bench.progress import counted
from assistant.config import Profile
from assistant.conversation import Conversation
from assistant.errors import NothingSaid
from assistant.events import Event
from assistant.metrics import Timeline, timeline
from assistant.session import Session
from assistant.stages import Stages
from models.types import Audio, TranscribeOptions


@dataclass(frozen=True, slots=True)
class Answering:
    """How soon the answer is heard.

    Attributes:
        first_audio_s: from the end of the question to the first chunk of speech.
        one_after_another_s: all of the transcript, then all of the reply, then all of the speech, by the same engines.
        ratio: the one over the other, question by question.
    """

    questions: int
    transcript_s: Spread
    first_delta_s: Spread
    first_clause_s: Spread
    first_audio_s: Spread
    one_after_another_s: Spread
    ratio: Spread


async def measure_answering(profile: Profile, stages: Stages, questions: Sequence[Audio]) -> Answering:
    """Answers each question both ways, each in a conversation of its own, in turn: a slow minute hits both alike."""
    lines: list[Timeline] = []
    baselines: list[float] = []
    for question in counted(questions, "answering"):
        baselines.append(await one_after_another(profile, stages, question))
        events: list[Event] = []
        async with aclosing(Session(profile, stages).ask(question)) as turn:
            async for event in turn:
                events.append(event)
        lines.append(timeline(events))
    # A reply without anything to speak has no first clause and no first audio, and is left out of those figures.
    firsts = [(line.first_audio_s, base) for line, base in zip(lines, baselines, strict=True)]
    return Answering(
        len(questions),
        _spread([line.transcript_s for line in lines]),
        _spread([line.first_delta_s for line in lines]),
        _spread([line.first_clause_s for line in lines]),
        _spread([line.first_audio_s for line in lines]),
        spread(baselines),
        spread([first / base for first, base in firsts if first is not None]),
    )


def _spread(values: Sequence[float | None]) -> Spread:
    return spread([value for value in values if value is not None])


async def one_after_another(profile: Profile, stages: Stages, question: Audio) -> float:
    """Seconds that the engines need without overlap: all of the transcript, all of the reply, all of the speech.

    Raises:
        NothingSaid: there are no words in it.
    """
    start = time.perf_counter()
    segments = [s async for s in stages.stt.stream("transcribe", question, TranscribeOptions())]
    if not segments:
        raise NothingSaid("no words are heard in one of the questions")
    text, language = " ".join(segment.text for segment in segments), segments[0].language
    messages = Conversation(profile.conversation).messages(text, language)
    reply = "".join([delta async for delta in stages.llm.stream("reply", messages, profile.sampling)])
    voice = await stages.voice(language)
    async for _ in voice.worker.stream("speak", reply, voice.options):
        pass
    return time.perf_counter() - start
