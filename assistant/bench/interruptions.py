"""How soon a reply gives way to the user, and how often to somebody who only listens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.bench.echo_room import EchoRoom
from assistant.bench.measure import Spread, spread
from assistant.bench.rehearsal import Rehearsal, rehearse, silence, speech_start_s
from assistant.config import Profile
from assistant.events import Ducked, Interrupted
from assistant.session import Session
from assistant.stages import Stages
from models.audio import SPEECH_RATE_HZ, resample
from models.types import Audio, joined

BACKCHANNELS = ("Mhm.", "Yeah.", "Okay.", "Right.", "Uh-huh.", "I see.", "Yes.", "Mhm, okay.")
# A canceller without any echo to learn from takes the user's first words for one.
_ROOM = EchoRoom()
# Echo cancellation has learnt the room by then.
_INTO_REPLY_S = 3.0
# Until it is certain what the sound was, and a reply that was held goes on.
_AFTERWARDS_S = 4.0


@dataclass(frozen=True, slots=True)
class Interruptions:
    """Seconds from the first audible sample of the user.

    Attributes:
        interruptions: real words over a reply.
        unnoticed: of these, the reply went on.
        ducked_s: the reply was told to be quiet.
        silent_s: nothing of the reply was heard any more.
        ended_s: it was certain that it ends for good.
        stopped_by_backchannel: of `backchannels`, those that ended the reply.
    """

    interruptions: int
    unnoticed: int
    ducked_s: Spread
    silent_s: Spread
    ended_s: Spread
    backchannels: int
    stopped_by_backchannel: int


@dataclass(frozen=True, slots=True)
class _Attempt:
    rehearsal: Rehearsal
    onset_s: float

    def first(self, kind: type[Ducked | Interrupted]) -> list[float]:
        """Empty if it did not happen. The end of the script ends the reply as well, and does not count."""
        times = [event.t_s for event in self.rehearsal.of(kind)]
        end_s = self.rehearsal.now_s()
        return [time_s - self.onset_s for time_s in times if self.onset_s <= time_s < end_s][:1]

    @property
    def silent_s(self) -> list[float]:
        """Until it was certain that the reply ends for good, at the latest."""
        return [
            self.rehearsal.silent_s(self.onset_s, self.onset_s + ended_s) - self.onset_s
            for ended_s in self.first(Interrupted)
        ]


async def measure_interruptions(profile: Profile, stages: Stages, questions: Sequence[Audio]) -> Interruptions:
    """Each question is said over a long reply, then each backchannel.

    Args:
        profile: with a language model whose replies last for ten seconds and more.
        stages: of that profile.
        questions: 16 kHz.
    """
    attempts = [await _interrupt(profile, stages, questions[0], words) for words in questions]
    murmurs = [await _interrupt(profile, stages, questions[0], await _spoken(stages, text)) for text in BACKCHANNELS]
    stopped = [attempt for attempt in attempts if attempt.first(Interrupted)]
    return Interruptions(
        len(attempts),
        len(attempts) - len(stopped),
        spread([t for attempt in stopped for t in attempt.first(Ducked)]),
        spread([t for attempt in stopped for t in attempt.silent_s]),
        spread([t for attempt in stopped for t in attempt.first(Interrupted)]),
        len(murmurs),
        sum(bool(murmur.first(Interrupted)) for murmur in murmurs),
    )


async def _interrupt(profile: Profile, stages: Stages, question: Audio, words: Audio) -> _Attempt:
    onset_s = 0.0

    def script(rehearsal: Rehearsal) -> Iterator[Audio]:
        nonlocal onset_s
        yield from rehearsal.say(silence(0.5))
        yield from rehearsal.say(question)
        asked_s = rehearsal.now_s()
        yield from rehearsal.wait(lambda: rehearsal.sounded_s(asked_s) is not None)
        yield from rehearsal.say(silence(_INTO_REPLY_S))
        onset_s = rehearsal.now_s() + speech_start_s(words)
        yield from rehearsal.say(words)
        yield from rehearsal.say(silence(_AFTERWARDS_S))

    return _Attempt(await rehearse(Session(profile, stages), script, _ROOM), onset_s)


async def _spoken(stages: Stages, text: str) -> Audio:
    voice = await stages.voice("en")
    chunks = [chunk async for chunk in voice.worker.stream("speak", text, voice.options)]
    return resample(joined(chunks), SPEECH_RATE_HZ)
