"""From the microphone to decisions: echo cancellation, voice activity, turn taking, in this order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assistant.live.sound_card import Heard
from assistant.turns.decisions import Decision
from assistant.turns.turn_taking import TurnTaking
from models.protocols import EchoCanceller, VoiceActivityDetector
from models.types import Audio, joined

# An utterance begins up to 0.4 s before it is noticed; one that follows a split begins up to 3 s before.
_KEPT_S = 5.0


@dataclass(frozen=True, slots=True)
class Listened:
    """One frame of voice activity detection, without the echo.

    Attributes:
        audio: empty where something was decided before the frame was whole.
        level: root mean square in [0, 1], for a level meter.
        decisions: what turn taking made of it.
    """

    audio: Audio
    level: float
    decisions: tuple[Decision, ...]


class Ears:
    """One conversation's hearing. Keeps the last seconds, since an utterance begins before it is noticed."""

    def __init__(self, canceller: EchoCanceller, detector: VoiceActivityDetector, turn_taking: TurnTaking) -> None:
        self._canceller = canceller
        self._detector = detector
        self._turn_taking = turn_taking
        self._rest: list[Audio] = []
        self._rest_samples = 0
        self._kept: deque[Audio] = deque()
        self._kept_samples = 0
        self._heard_samples = 0
        self._level = 0.0

    def hear(self, heard: Heard) -> Iterator[Listened]:
        """Yields the frames that `heard` completes; each is decided on when it is asked for."""
        if len(heard.loudspeaker.samples):
            self._canceller.played(heard.loudspeaker)
        self._rest.append(self._canceller.cancel(heard.microphone))
        n_samples = len(heard.microphone.samples)
        self._rest_samples += n_samples
        if self._canceller.hears_others and (decisions := self._turn_taking.startle(n_samples)):
            nothing = Audio(heard.microphone.samples[:0], heard.microphone.sample_rate_hz)
            yield Listened(nothing, self._level, decisions)
        size = self._detector.frame_samples
        while self._rest_samples >= size:
            rest = joined(self._rest)
            frame = Audio(rest.samples[:size], rest.sample_rate_hz)
            self._rest = [Audio(rest.samples[size:], rest.sample_rate_hz)]
            self._rest_samples -= size
            yield self._listen(frame)

    def since(self, sample: int) -> Audio:
        """What was heard from this position, counted from the start of the conversation, until now.

        Positions that are no longer kept count as the oldest that is.
        """
        kept = joined(self._kept)
        start = max(0, sample - (self._heard_samples - self._kept_samples))
        return Audio(kept.samples[start:], kept.sample_rate_hz)

    def _listen(self, frame: Audio) -> Listened:
        self._keep(frame)
        probability = self._detector.probability(frame)
        self._level = float(np.sqrt(np.mean(np.square(frame.samples))))
        return Listened(frame, self._level, self._turn_taking.hear(probability, len(frame.samples)))

    def _keep(self, frame: Audio) -> None:
        self._kept.append(frame)
        self._kept_samples += len(frame.samples)
        self._heard_samples += len(frame.samples)
        while self._kept_samples > _KEPT_S * frame.sample_rate_hz:
            self._kept_samples -= len(self._kept.popleft().samples)
