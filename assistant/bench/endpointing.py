"""How soon, and how often too soon, it is taken for granted that the user has finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.bench.hesitations import PAUSES_S, paused_recordings
from assistant.bench.measure import Spread, spread
from assistant.bench.progress import counted
from assistant.bench.quality import Recording
from assistant.bench.rehearsal import Rehearsal, rehearse, silence, speech_end_s
from assistant.config import Profile
from assistant.events import SpeechEnded, SpeechStarted
from assistant.session import Session
from assistant.stages import Stages
from models.types import Audio
from models.vad.speech_spans import SpanRules, speech_spans

# The speech that an end is said to follow must be the last one of the sentence, as well as two detectors agree on it.
_TOLERANCE_S = 0.5
# Less than a frame of voice activity detection, after which alone speech can begin anew.
_AT_ONCE_S = 0.02


@dataclass(frozen=True, slots=True)
class Endpointing:
    """
    Attributes:
        pauses: within the sentences, of at least the silence after which a reply is prepared.
        false_ends: of these, taken for the end.
        delay_s: from the last speech until it was certain that it was the last.
    """

    sentences: int
    pauses: int
    false_ends: int
    false_end_rate: float
    delay_s: Spread


@dataclass(frozen=True, slots=True)
class _Outcome:
    pauses: int
    false_ends: int
    delays_s: list[float]


async def measure_endpointing(
    profile: Profile, stages: Stages, recordings: Sequence[Recording], questions: Sequence[Audio]
) -> Endpointing:
    """Says each sentence once for each length of its pauses, at its own pace.

    Args:
        recordings: in their order; what does not end like a sentence is continued by the next one, after a pause.
        questions: said once as well, without pauses of ours.
    """
    lengths = range(len(PAUSES_S))
    paused = [said for first in lengths for said in paused_recordings(recordings, first)]
    said = [*(sentence.audio for sentence in paused), *questions]
    outcomes = [await _say(profile, stages, sentence) for sentence in counted(said, "endpointing")]
    pauses = sum(outcome.pauses for outcome in outcomes)
    false_ends = sum(outcome.false_ends for outcome in outcomes)
    delays_s = [delay_s for outcome in outcomes for delay_s in outcome.delays_s]
    return Endpointing(len(said), pauses, false_ends, round(false_ends / max(1, pauses), 4), spread(delays_s))


async def _say(profile: Profile, stages: Stages, sentence: Audio) -> _Outcome:
    end_s = 0.0

    def script(rehearsal: Rehearsal) -> Iterator[Audio]:
        nonlocal end_s
        yield from rehearsal.say(silence(0.5))
        end_s = rehearsal.now_s() + speech_end_s(sentence)
        yield from rehearsal.say(sentence)
        yield from rehearsal.wait(lambda: any(_is_last(event, end_s) for event in rehearsal.of(SpeechEnded)), 6.0)

    rehearsal = await rehearse(Session(profile, stages), script)
    ends = [event for event in rehearsal.of(SpeechEnded) if not _is_split(event, rehearsal)]
    # A detector's own margins would hide pauses that are only a little longer than the soft end.
    rules = replace(SpanRules(), shortest_silence_s=profile.turn_taking.soft_end_s, margin_s=0.0)
    spans = list(speech_spans(stages.voice_activity_detector(), [sentence], rules))
    last = [event.t_s - end_s for event in ends if _is_last(event, end_s)]
    return _Outcome(max(0, len(spans) - 1), len(ends) - len(last), last)


def _is_split(event: SpeechEnded, rehearsal: Rehearsal) -> bool:
    """A long utterance was cut to be transcribed: the next one begins at once, and nothing was taken for the end."""
    return any(0 <= started.t_s - event.t_s < _AT_ONCE_S for started in rehearsal.of(SpeechStarted))


def _is_last(event: SpeechEnded, end_s: float) -> bool:
    return event.speech_end_s > end_s - _TOLERANCE_S
