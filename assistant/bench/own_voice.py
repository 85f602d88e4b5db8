"""Does it answer itself? Long replies in rooms where the microphone hears the loudspeaker, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from assistant.bench.echo_room import EchoCard, EchoRoom
from assistant.bench.quality import Recording
from assistant.bench.rehearsal import silence
from assistant.bench.word_errors import english_words, error_rate
from assistant.config import EngineSettings, Profile
from assistant.events import Ducked, Event, FinalTranscript, SpeechStarted
from assistant.live.session import LiveSession
from assistant.live.virtual_card import VirtualCard
from assistant.session import Session
from assistant.stages import Stages
from models.audio import read
from models.types import Audio

Kind = TypeVar("Kind", bound=Event)

# The corners of what people have: a laptop, a loudspeaker across the room, a radio link, and cheap clocks.
ROOMS = (
    EchoRoom(delay_ms=20, gain=0.9, seed=1),
    EchoRoom(delay_ms=80, gain=0.5, reverberation_s=0.6, seed=2),
    EchoRoom(delay_ms=300, gain=0.9, seed=3),
    EchoRoom(delay_ms=150, gain=0.9, drift_ppm=100, seed=4),
    EchoRoom(delay_ms=60, gain=0.7, drift_ppm=-100, seed=5),
)
# Of these and so many recordings the word error rate over a reply is taken.
_DOUBLE_TALK_ROOMS = ROOMS[:2]
_DOUBLE_TALKS = 4
# A reply of this many seconds is under way before somebody talks over it.
_INTO_REPLY_S = 6.0
# By then the last utterance has ended, whatever the end-of-turn model says.
_AFTERWARDS_S = 3.0


@dataclass(frozen=True, slots=True)
class OwnVoice:
    """
    Attributes:
        spoken_s: of the assistant's speech in these rooms.
        self_made_turns: utterances that nobody said.
        ducked: how often the voice became quiet for nothing.
        heard_over_reply_wer: of what a user says over the reply, in the first rooms, with echo cancellation.
        without_cancellation_wer: the same without; what the assistant says itself counts as wrong words.
    """

    rooms: int
    spoken_s: float
    self_made_turns: int
    ducked: int
    heard_over_reply_wer: float
    without_cancellation_wer: float


@dataclass(slots=True, repr=False)
class _Talk:
    events: list[Event]
    spoken_s: float


async def measure_own_voice(
    profile: Profile, open_stages: Callable[[Profile], Stages], question: Audio, recordings: Sequence[Recording]
) -> OwnVoice:
    """
    Args:
        profile: with a language model whose replies are long.
        open_stages: workers for a profile, not started yet.
        question: what it replies to.
        recordings: said over the reply; the English ones are.
    """
    async with open_stages(profile) as stages:
        talks = [await _talk(Session(profile, stages), [question], room) for room in ROOMS]
        with_cancellation = await _word_errors(profile, stages, question, recordings)
    deaf = _without_cancellation(profile)
    async with open_stages(deaf) as stages:
        without = await _word_errors(deaf, stages, question, recordings)
    return OwnVoice(
        len(ROOMS),
        round(sum(talk.spoken_s for talk in talks), 1),
        sum(len(_of(SpeechStarted, talk)) - 1 for talk in talks),
        sum(len(_of(Ducked, talk)) for talk in talks),
        with_cancellation,
        without,
    )


async def _talk(session: Session, recording: Iterable[Audio], room: EchoRoom, *, until_silent: bool = True) -> _Talk:
    """Without cancellation it might go on answering itself for ever: then the sound ends with the recording."""
    talk = _Talk([], 0.0)

    def on_played(block: Audio) -> None:
        talk.spoken_s += block.duration_s * bool(np.any(block.samples))

    card = EchoCard(VirtualCard(recording, lambda: live.is_idle or not until_silent, on_played), room)
    live = LiveSession.open(session, card, talk.events.append)
    await live.run()
    return talk


async def _word_errors(profile: Profile, stages: Stages, question: Audio, recordings: Sequence[Recording]) -> float:
    """Word error rate of what is said over the reply; 0 if there is nothing to say."""
    words = english_words()
    pairs: list[tuple[list[str], list[str]]] = []
    for room in _DOUBLE_TALK_ROOMS:
        for said in [recording for recording in recordings if recording.language == "en"][:_DOUBLE_TALKS]:
            sound = [question, silence(_INTO_REPLY_S), read(said.path), silence(_AFTERWARDS_S)]
            talk = await _talk(Session(profile, stages), sound, room, until_silent=False)
            heard = _of(FinalTranscript, talk)[1:]
            pairs.append((words(said.transcript), words(" ".join(transcript.text for transcript in heard))))
    return round(error_rate(pairs), 4) if pairs else 0.0


def _without_cancellation(profile: Profile) -> Profile:
    return replace(profile, echo=EngineSettings("none"))


def _of(kind: type[Kind], talk: _Talk) -> list[Kind]:
    return [event for event in talk.events if isinstance(event, kind)]
