"""What a conversation needs of a microphone and a loudspeaker, whatever they are: devices, files, a browser."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from assistant.live.playback import Playback
from models.types import Audio


@dataclass(frozen=True, slots=True)
class Heard:
    """What happened in the room since the last one.

    Attributes:
        microphone: what came in, 16 kHz.
        loudspeaker: what was played in about the same time, at the rate of the playback: what the echo is made of.
    """

    microphone: Audio
    loudspeaker: Audio


class SoundCard(Protocol):
    """Takes from the playback what it plays, and gives what it hears."""

    @property
    def playback(self) -> Playback:
        """What is played; the card takes from it."""

    def frames(self) -> AsyncGenerator[Heard, None]:
        """Some tens of milliseconds each, in order, until the sound ends (a file) or the card is closed.

        A reader that is too slow loses the oldest, and the card counts them.
        """
