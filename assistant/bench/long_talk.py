"""An hour of conversation: does memory stay flat, and how full do the queues get?

On a virtual clock, so the engines work as fast as they can and the pauses between the turns take no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant import queues
from assistant.bench.measure import Memory
from assistant.bench.progress import Advance, measuring
from assistant.bench.rehearsal import silence
from assistant.config import Profile
from assistant.events import Event, Interrupted, Notice, TurnEnded
from assistant.live.session import LiveSession
from assistant.live.virtual_card import VirtualCard
from assistant.session import Session
from assistant.stages import Stages
from models.types import Audio

# By then every engine has been used, and the history of the conversation is as long as it may be.
_SETTLED_S = 600.0
# Every so many replies the user talks over one, this long after the end of the question.
_INTERRUPT_EVERY = 5
_INTERRUPT_AFTER_S = 2.0
# People do not ask in one breath.
_BETWEEN_S = 2.0
_LONGEST_REPLY_S = 60.0


@dataclass(frozen=True, slots=True)
class LongTalk:
    """
    Attributes:
        talked_s: by the conversation's clock.
        turns: that were answered to the end.
        interrupted: that were not.
        failures: notices of something that went wrong.
        settled_memory_mb, end_memory_mb, peak_memory_mb: of all processes, after ten minutes, at the end, at most.
        queue_peaks: the most items that ever waited, by queue; "… calls" are those in line for a worker.
        restarts: of workers.
    """

    talked_s: float
    turns: int
    interrupted: int
    failures: int
    settled_memory_mb: float
    end_memory_mb: float
    peak_memory_mb: float
    queue_peaks: dict[str, int]
    restarts: int


@dataclass(slots=True, repr=False)
class _Talk:
    """What is counted while the user talks on; the events themselves are not kept, or memory would grow with them."""

    session: Session
    duration_s: float
    advance: Advance
    memory: Memory = field(default_factory=Memory)
    settled_mb: float = 0.0
    turns: int = 0
    interrupted: int = 0
    failures: int = 0
    said_s: float = 0.0
    line_peaks: dict[str, int] = field(default_factory=dict)

    def show(self, event: Event) -> None:
        stages = self.session.stages
        for name, worker in (("stt calls", stages.stt), ("llm calls", stages.llm)):
            self.line_peaks[name] = max(self.line_peaks.get(name, 0), worker.waiting)
        self.interrupted += isinstance(event, Interrupted)
        self.failures += isinstance(event, Notice)
        if isinstance(event, TurnEnded | Interrupted):
            self.turns += isinstance(event, TurnEnded)
            now_mb = self.memory.now_mb()
            self.memory.peak_mb = max(self.memory.peak_mb, now_mb)
            if self.said_s <= _SETTLED_S:
                self.settled_mb = now_mb
            self.advance(self.said_s, f"{self.said_s / 60:.0f} minutes, {now_mb:.0f} MB")

    def say(self, audio: Audio) -> Iterator[Audio]:
        self.said_s += audio.duration_s
        yield audio

    def script(self, questions: Sequence[Audio], live: LiveSession) -> Iterator[Audio]:
        """What the user says, as the time comes."""
        number = 0
        while self.said_s < self.duration_s:
            yield from self.say(questions[number % len(questions)])
            number += 1
            if number % _INTERRUPT_EVERY == 0:
                yield from self.say(silence(_INTERRUPT_AFTER_S))
                continue
            patience_s = self.said_s + _LONGEST_REPLY_S
            yield from self.say(silence(_BETWEEN_S))
            while not live.is_idle and self.said_s < patience_s:
                yield from self.say(silence(0.1))


async def measure_long_talk(
    profile: Profile, stages: Stages, questions: Sequence[Audio], duration_s: float = 3600.0
) -> LongTalk:
    """
    Args:
        stages: of the profile.
        questions: 16 kHz, asked again and again in one conversation.
        duration_s: by the conversation's clock.
    """
    with measuring("a long conversation", duration_s) as advance:
        talk = _Talk(Session(profile, stages), duration_s, advance)

        def recording() -> Iterator[Audio]:
            yield from talk.script(questions, live)

        live = LiveSession.open(talk.session, VirtualCard(recording(), lambda: live.is_idle, lambda _: None), talk.show)
        await live.run()
    end_mb = talk.memory.now_mb()
    return LongTalk(
        round(talk.said_s, 1),
        talk.turns,
        talk.interrupted,
        talk.failures,
        round(talk.settled_mb),
        round(end_mb),
        round(max(talk.memory.peak_mb, end_mb)),
        queues.peaks() | talk.line_peaks,
        sum(worker.restarts for worker in (stages.stt, stages.llm)),
    )
