"""A conversation in frames of 32 ms, as turn taking hears it."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.turns.decisions import Decision, SoftEnded, UtteranceEnded
from assistant.turns.settings import TurnTakingSettings
from assistant.turns.turn_taking import TurnTaking

FRAME = 512
RATE = 16000
SPEECH, SILENCE = 0.95, 0.02


class Room:
    """A conversation so far: plays frames into turn taking and keeps all decisions."""

    def __init__(self, settings: TurnTakingSettings | None = None) -> None:
        self.turns = TurnTaking(settings or TurnTakingSettings())
        self.now = 0
        self.decisions: list[Decision] = []

    def hear(self, seconds: float, probability: float) -> None:
        for _ in range(round(seconds * RATE / FRAME)):
            self.now += FRAME
            self.take(self.turns.hear(probability, FRAME))

    def speak(self, seconds: float) -> None:
        self.hear(seconds, SPEECH)

    def hush(self, seconds: float) -> None:
        self.hear(seconds, SILENCE)

    def read(self, text: str, language: str = "en", certainty: float = 1.0) -> None:
        """A transcript of all that was heard."""
        self.take(self.turns.read(text, language, self.now, certainty))

    def startle(self, seconds: float, probability: float) -> None:
        """A sound that is louder than the echo, and speech with this probability."""
        for _ in range(round(seconds * RATE / FRAME)):
            self.take(self.turns.startle(FRAME))
            self.hear(FRAME / RATE, probability)

    def judge(self, complete: float) -> None:
        """A verdict on the newest soft end."""
        self.take(self.turns.judge(self.last(SoftEnded).sample, complete))

    def take(self, decisions: Iterable[Decision]) -> None:
        self.decisions.extend(decisions)

    def last(self, kind: type[Decision]) -> Decision:
        return next(decision for decision in reversed(self.decisions) if isinstance(decision, kind))

    def names(self) -> list[str]:
        return [type(decision).__name__ for decision in self.decisions]

    def silence_s(self) -> float:
        """How long the user had been silent when the last utterance ended."""
        end = self.last(UtteranceEnded)
        return (end.sample - end.speech_end_sample) / RATE


def room_with_a_reply(settings: TurnTakingSettings | None = None) -> Room:
    room = Room(settings)
    room.hush(1.0)
    room.take(room.turns.reply_started())
    room.hush(0.5)
    return room
