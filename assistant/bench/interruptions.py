"""How soon a reply gives way to the user, and how often to somebody who only listens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from assistant.bench.echo_room import EchoRoom
from assistant.bench.measure import Spread, spread
from assistant.bench.rehearsal import Rehearsal, rehearse, silence, speech_start_s
from assistant.config import Profile
from assistant.errors import NoVoice
from assistant.events import Ducked, Interrupted
from assistant.session import Session
from assistant.stages import Stages, Voice
from models.audio import SPEECH_RATE_HZ, resample
from models.errors import ModelError
from models.types import Audio, joined

# Said by both voices; the last two stand for a laugh and somebody who clears his throat. Those of the second line were
# not among the murmurs that settings were chosen on.
BACKCHANNELS = (
    *("Mhm.", "Yeah.", "Okay.", "Uh-huh.", "I see.", "Mhm, okay."),
    *("Yep.", "Oh, I see.", "Uh-huh, right.", "That's true.", "Ha ha ha.", "Ahem."),
)
# People murmur slowly and fast.
_SPEEDS = (1.0, 1.25)
# A voice other than the assistant's; left out where a profile lacks it.
_OTHER_VOICE = "hibari"
_LANGUAGE = "en"
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
    murmurs = [await _interrupt(profile, stages, questions[0], words) for words in [*await _murmurs(stages), _cough()]]
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


async def _murmurs(stages: Stages) -> list[Audio]:
    """Each backchannel by each voice, in turn slowly and fast."""
    voices = [await stages.voice(_LANGUAGE)]
    with suppress(NoVoice, ModelError):
        voices.append(await stages.voice_named(_OTHER_VOICE, _LANGUAGE))
    said = [(voice, text) for voice in voices for text in BACKCHANNELS]
    return [await _spoken(voice, text, _SPEEDS[number % 2]) for number, (voice, text) in enumerate(said)]


async def _spoken(voice: Voice, text: str, speed: float) -> Audio:
    options = replace(voice.options, speed=speed)
    chunks = [chunk async for chunk in voice.worker.stream("speak", text, options)]
    return resample(joined(chunks), SPEECH_RATE_HZ)


def _cough() -> Audio:
    """Two bursts of noise that die away, as from a throat: most of it below 2 kHz."""
    random = np.random.default_rng(1)
    time_s = np.arange(round(0.25 * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ
    burst = random.standard_normal((2, len(time_s))) * np.exp(-time_s / 0.06)
    sound = np.convolve(burst.ravel(), np.hanning(12), "same")
    return Audio(np.asarray(0.4 * sound / np.abs(sound).max(), np.float32), SPEECH_RATE_HZ)
