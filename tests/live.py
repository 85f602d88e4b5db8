"""Live conversations over scripted engines, on a virtual clock: how they are set up, and what must be true of each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant import events
from assistant.config import load_profile
from assistant.events import Event
from assistant.live.session import LiveSession
from assistant.live.sound_card import SoundCard
from assistant.live.virtual_card import VirtualCard
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.scripted.speech import spoken
from models.types import Audio
from models.weights.store import Store

RATE = 16_000
PLAYED_RATE = 24_000
QUESTION = "What is the capital of France?"
MORE = "And what about Spain?"
VOCABULARY = (
    QUESTION,
    MORE,
    "I would like",
    "a red one.",
    "Mhm.",
    "[coughs]",
    "Stop.",
    "Say that again.",
    "Speak slower.",
    "Speak louder.",
    "Speak French.",
    "Start over.",
    "Goodbye.",
    *"Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar.".split(),
)
STT = f"stt.options.vocabulary={json.dumps(VOCABULARY)}"
# 40 words of 0.2 s: a reply that sounds for 8 s.
LONG_REPLY = " ".join(f"This is sentence number {number}." for number in range(1, 9))

Kind = TypeVar("Kind")


def said(*phrases: str, each_s: float = 1.0) -> Audio:
    """Speech, as the scripted engine understands it."""
    return spoken(phrases, VOCABULARY, each_s)


def silence(duration_s: float) -> Audio:
    return Audio(np.zeros(round(duration_s * RATE), np.float32), RATE)


def replies(*texts: str) -> str:
    """The setting that lets the scripted language model answer so."""
    return f"llm.options.replies={json.dumps(texts)}"


@dataclass(repr=False)  # asyncio writes the result of its main task down when it ends: minutes of samples
class Course:
    """How a conversation went.

    Attributes:
        events: in order.
        frames: what the loudspeaker played, 20 ms each, from the start on.
    """

    session: Session
    events: list[Event] = field(default_factory=list)
    frames: list[Audio] = field(default_factory=list)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[Kind]) -> Kind:
        (event,) = self.of(kind)
        return event

    @property
    def transcripts(self) -> list[str]:
        return [event.text for event in self.of(events.FinalTranscript)]

    @property
    def history(self) -> list[str]:
        """What the user said and what was answered, in turn."""
        return [message.text for message in self.session.conversation.messages("", "en")[1:-1]]

    @property
    def kinds(self) -> list[str]:
        """The names of the events, without those that come in streams."""
        streams = (events.SpokenAudio, events.ReplyDelta, events.ClauseWritten, events.PartialTranscript)
        return [type(event).__name__ for event in self.events if not isinstance(event, streams)]

    def played(self, start_s: float = 0.0, end_s: float = 1e9) -> np.ndarray:
        """The samples that left the loudspeaker in that time."""
        samples = np.concatenate([frame.samples for frame in self.frames])
        return samples[round(start_s * PLAYED_RATE) : round(end_s * PLAYED_RATE)]

    @property
    def sound_starts_s(self) -> float:
        """Time of the first sample that is not silent."""
        return float(np.flatnonzero(self.played())[0]) / PLAYED_RATE


def converse(
    folder: Path,
    recording: Iterable[Audio],
    *changes: str,
    on_event: Callable[[Event, Stages], None] = lambda *_: None,
) -> Course:
    """Holds a conversation, until nobody has anything to say, and checks what must be true of every one."""

    async def main() -> Course:
        profile = load_profile("scripted", ["workers.mode=inline", STT, *changes])
        async with Stages(profile, Store(folder)) as stages:
            course = await live(Session(profile, stages), recording, on_event)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, f"left over: {others}"
        return course

    course = run(main())
    check(course)
    return course


async def live(
    session: Session,
    recording: Iterable[Audio],
    on_event: Callable[[Event, Stages], None] = lambda *_: None,
    place: Callable[[SoundCard], SoundCard] = lambda card: card,
) -> Course:
    """A conversation of its own; `place` puts its sound card into a room."""
    course = Course(session)
    # What is taken at the end of one frame is heard during the next.
    course.frames.append(Audio(np.zeros(PLAYED_RATE // 50, np.float32), PLAYED_RATE))

    def show(event: Event) -> None:
        course.events.append(event)
        on_event(event, session.stages)

    card = VirtualCard(recording, lambda: conversation.is_idle, course.frames.append)
    conversation = LiveSession.open(session, place(card), show)
    await conversation.run()
    return course


def check(course: Course) -> None:
    """What must be true of every conversation."""
    _check_user(course)
    _check_replies(course)


def _check_user(course: Course) -> None:
    """What begins ends; what ends is written down once, or it is said why not."""
    is_speaking = False
    without_words = 0
    for event in course.events:
        match event:
            case events.SpeechStarted():
                assert not is_speaking, "two utterances at once"
                is_speaking = True
            case events.SpeechEnded():
                assert is_speaking, "an utterance ended twice"
                is_speaking = False
            case events.SpeechDropped():
                without_words += not is_speaking  # it had ended before its transcript came
                is_speaking = False
    assert not is_speaking, "an utterance never ended"
    explained = len(course.of(events.FinalTranscript)) + without_words
    failed = len(course.of(events.Notice))
    assert explained <= len(course.of(events.SpeechEnded)) <= explained + failed


def _check_replies(course: Course) -> None:
    """One reply at a time; each that sounds ends; it is silent between them."""
    sounding: list[Any] = []
    ends_s: list[float] = []
    starts_s: list[float] = []
    for event in course.events:
        if isinstance(event, events.SpokenAudio):
            if not sounding:
                assert event.index == 0, "the middle of a reply without its beginning"
                starts_s.append(event.t_s)
            sounding.append(event)
        elif isinstance(event, events.TurnEnded | events.Interrupted) and sounding:
            indices = [chunk.index for chunk in sounding]
            assert all(0 <= b - a <= 1 for a, b in pairwise(indices)), f"two replies mixed: {indices}"
            sounding.clear()
            ends_s.append(event.t_s)
    assert not sounding, "a reply that sounded never ended"
    for end_s, start_s in zip(ends_s, [*starts_s, 1e9][1:], strict=True):
        # A frame that begins before the event is played to its end.
        assert not np.any(course.played(end_s + 0.02, start_s)), f"sound between {end_s} and {start_s}"
    if starts_s:
        assert not np.any(course.played(0, starts_s[0] - 0.02)), "sound before the first reply"
