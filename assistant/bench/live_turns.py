"""From the last word of a spoken question to the first sound of the reply, in live conversations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.bench.answering import one_after_another
from assistant.bench.measure import Spread, spread
from assistant.bench.rehearsal import Rehearsal, rehearse, silence, speech_end_s
from assistant.config import Profile
from assistant.events import ClauseWritten, FinalTranscript, ReplyDelta, SpeechEnded
from assistant.session import Session
from assistant.stages import Stages
from models.types import Audio

# The silence after which an assistant without an end-of-turn model takes a question for finished.
BASELINE_SILENCE_S = 0.7
# A microphone is open before somebody speaks; and a reply that sounds for this long has begun.
_BEFORE_S = 0.5
_HEARD_S = 0.2


@dataclass(frozen=True, slots=True)
class LiveTurns:
    """Seconds from the last speech of the question, as it is in the recording.

    Attributes:
        unanswered: questions after which nothing was heard.
        endpoint_s: it was certain that the user had finished.
        first_delta_s, first_clause_s: of the reply, which is made before that is certain.
        voice_to_voice_s: the first audible sample of the reply; the silence it begins with counts.
        one_after_another_s: the same engines after `BASELINE_SILENCE_S`: all of the transcript, all of the reply, all
            of the speech.
        ratio: the one over the other, question by question.
    """

    turns: int
    unanswered: int
    endpoint_s: Spread
    transcript_s: Spread
    first_delta_s: Spread
    first_clause_s: Spread
    voice_to_voice_s: Spread
    one_after_another_s: Spread
    ratio: Spread


@dataclass(slots=True)
class Turn:
    """A live question: its conversation, when its last speech was said, and what it took without overlap."""

    rehearsal: Rehearsal
    speech_end_s: float
    baseline_s: float = 0.0

    def first(self, kind: type[SpeechEnded | FinalTranscript | ReplyDelta | ClauseWritten]) -> list[float]:
        """Empty if it did not happen. The last end of speech counts: a question that was cut is answered as one."""
        times = [event.t_s for event in self.rehearsal.of(kind)]
        time_s = times[-1] if kind in (SpeechEnded, FinalTranscript) and times else min(times, default=0.0)
        return [time_s - self.speech_end_s] if times else []

    @property
    def voice_to_voice_s(self) -> float | None:
        """To the first audible sample of the reply; None: there was none."""
        sounded_s = self.rehearsal.sounded_s(self.speech_end_s)
        return None if sounded_s is None else sounded_s - self.speech_end_s


async def measure_turns(profile: Profile, stages: Stages, questions: Sequence[Audio], n_turns: int) -> LiveTurns:
    """Asks the questions again and again, each in a conversation of its own, and the same engines one after another in
    between: a slow minute hits both alike.
    """
    turns = []
    for number in range(n_turns):
        question = questions[number % len(questions)]
        baseline_s = BASELINE_SILENCE_S + await one_after_another(profile, stages, question)
        turns.append(Turn(*await ask_live(Session(profile, stages), question), baseline_s))
    answered = [(turn.voice_to_voice_s, turn.baseline_s) for turn in turns]
    pairs = [(live_s, baseline_s) for live_s, baseline_s in answered if live_s is not None]
    return LiveTurns(
        n_turns,
        n_turns - len(pairs),
        spread([t for turn in turns for t in turn.first(SpeechEnded)]),
        spread([t for turn in turns for t in turn.first(FinalTranscript)]),
        spread([t for turn in turns for t in turn.first(ReplyDelta)]),
        spread([t for turn in turns for t in turn.first(ClauseWritten)]),
        spread([live_s for live_s, _ in pairs]),
        spread([turn.baseline_s for turn in turns]),
        spread([live_s / baseline_s for live_s, baseline_s in pairs]),
    )


async def ask_live(session: Session, question: Audio) -> tuple[Rehearsal, float]:
    """Asks a question in a conversation that was not begun yet, and ends when the reply begins to sound.

    Returns:
        The conversation, and when the last speech of the question was said.
    """
    ends_s = 0.0

    def script(rehearsal: Rehearsal) -> Iterator[Audio]:
        nonlocal ends_s
        yield from rehearsal.say(silence(_BEFORE_S))
        ends_s = rehearsal.now_s() + speech_end_s(question)
        yield from rehearsal.say(question)
        yield from rehearsal.wait(lambda: rehearsal.sounded_s(ends_s) is not None)
        yield from rehearsal.say(silence(_HEARD_S))

    return await rehearse(session, script), ends_s
