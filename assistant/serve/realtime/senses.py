"""What conversations hear with: a detector of speech for each of them, and one of finished sentences for all."""

from __future__ import annotations

import asyncio

from assistant.config import Profile
from assistant.live.listening import Ears
from assistant.live.session import Hearing
from assistant.stages import Stages
from assistant.turns.turn_taking import TurnTaking
from models import registry
from models.audio import SPEECH_RATE_HZ
from models.protocols import EchoCanceller, EndOfTurnDetector
from models.types import EngineSpec

_NOTHING = EngineSpec("echo", "none")


class Senses:
    """Of one server."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._end_of_turn: EndOfTurnDetector | None = None
        self._loading = asyncio.Lock()

    async def hearing(self, profile: Profile, *, cancels_echo: bool, reduces_noise: bool) -> Hearing:
        """One conversation's own.

        Args:
            cancels_echo: as the profile does it.
            reduces_noise: without that; who cancels echoes does it anyway.

        Raises:
            ModelError: an engine that helps to hear cannot be built.
        """
        async with self._loading:
            if self._end_of_turn is None:
                self._end_of_turn = await asyncio.to_thread(self._stages.end_of_turn_detector)
        detector = await asyncio.to_thread(self._stages.voice_activity_detector)
        if cancels_echo:
            canceller = await asyncio.to_thread(self._stages.echo_canceller)
        else:
            canceller = await asyncio.to_thread(_no_echo, reduces_noise)
        turn_taking = TurnTaking(profile.turn_taking, SPEECH_RATE_HZ)
        return Hearing(Ears(canceller, detector, turn_taking), turn_taking, self._end_of_turn)


def _no_echo(reduces_noise: bool) -> EchoCanceller:
    spec = EngineSpec("echo", "webrtc", options={"echo_cancellation": False}) if reduces_noise else _NOTHING
    canceller: EchoCanceller = registry.create(spec)
    return canceller
