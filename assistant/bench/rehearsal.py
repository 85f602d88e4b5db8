"""A live conversation with a user who follows a script, in real time, and when each sound of it was made and heard.

The microphone is exact: its n-th sample is said n / 16000 s after the start, whether the program is in time or not. A
block of the reply is heard from the moment at which the loudspeaker took it; what a real device adds is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from assistant.bench.echo_room import EchoCard, EchoRoom
from assistant.events import Event
from assistant.live.session import LiveSession
from assistant.live.sound_card import SoundCard
from assistant.live.virtual_card import VirtualCard
from assistant.session import Session
from models.audio import SPEECH_RATE_HZ
from models.types import Audio

Kind = TypeVar("Kind", bound=Event)

# What is softer than the loudest 10 ms by 34 dB is breath and room, not speech.
AUDIBLE = 0.02
_WINDOW_S = 0.01
_PIECE_S = 0.02
# A reply that has not begun by then counts as none.
_PATIENCE_S = 20.0


@dataclass(slots=True, repr=False)
class Rehearsal:
    """
    Attributes:
        start_s: when the microphone opened, on the session's clock.
        said_s: of the user's audio so far.
        events: with the session's times.
        played: blocks of the loudspeaker and when they were taken.
    """

    session: Session
    start_s: float = 0.0
    said_s: float = 0.0
    events: list[Event] = field(default_factory=list)
    played: list[tuple[float, Audio]] = field(default_factory=list)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    def say(self, audio: Audio) -> Iterator[Audio]:
        """For the script: the audio in small pieces, so that the script can look between them."""
        size = round(_PIECE_S * SPEECH_RATE_HZ)
        for start in range(0, len(audio.samples), size):
            piece = Audio(audio.samples[start : start + size], SPEECH_RATE_HZ)
            self.said_s += piece.duration_s
            yield piece

    def wait(self, until: Callable[[], bool], at_most_s: float = _PATIENCE_S) -> Iterator[Audio]:
        """For the script: silence until it is so."""
        end_s = self.said_s + at_most_s
        while not until() and self.said_s < end_s:
            yield from self.say(silence(_PIECE_S))

    def now_s(self) -> float:
        """Time of what is about to be said, on the session's clock."""
        return self.start_s + self.said_s

    def sounded_s(self, after_s: float = 0.0) -> float | None:
        """When the first audible sample after that time was heard; None: none was."""
        for taken_s, block in self.played:
            end_s = taken_s + block.duration_s
            loud = np.flatnonzero(np.abs(block.samples) > AUDIBLE)
            if end_s > after_s and len(loud):
                return taken_s + float(loud[0]) / block.sample_rate_hz
        return None

    def silent_s(self, after_s: float, until_s: float) -> float:
        """From when on, between these times, nothing more was heard; pauses between the words of a reply are none."""
        audible = [
            taken_s + block.duration_s
            for taken_s, block in self.played
            if after_s <= taken_s < until_s and np.any(block.samples)
        ]
        return max(audible, default=after_s)


def silence(duration_s: float) -> Audio:
    """At 16 kHz."""
    return Audio(np.zeros(round(duration_s * SPEECH_RATE_HZ), np.float32), SPEECH_RATE_HZ)


def speech_end_s(audio: Audio) -> float:
    """End of the last audible 10 ms."""
    size = round(_WINDOW_S * audio.sample_rate_hz)
    n_windows = len(audio.samples) // size
    levels = np.abs(audio.samples[: n_windows * size]).reshape(n_windows, size).max(axis=1)
    return float(np.flatnonzero(levels > AUDIBLE * levels.max())[-1] + 1) * _WINDOW_S


def speech_start_s(audio: Audio) -> float:
    """Start of the first audible 10 ms."""
    return audio.duration_s - speech_end_s(Audio(audio.samples[::-1], audio.sample_rate_hz))


async def rehearse(
    session: Session, script: Callable[[Rehearsal], Iterator[Audio]], room: EchoRoom | None = None
) -> Rehearsal:
    """Holds the conversation until the script has ended.

    Args:
        script: what the user says, 16 kHz; asked for each piece at the time at which it is said.
        room: in which the microphone hears the loudspeaker; None: it does not.
    """
    rehearsal = Rehearsal(session)

    def recording() -> Iterator[Audio]:
        rehearsal.start_s = session.clock()
        yield from script(rehearsal)

    def played(block: Audio) -> None:
        rehearsal.played.append((session.clock(), block))

    card: SoundCard = VirtualCard(recording(), lambda: True, played)
    await LiveSession.open(session, EchoCard(card, room) if room else card, rehearsal.events.append).run()
    return rehearsal
