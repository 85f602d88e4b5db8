"""`assistant bench talk`: live conversations with recorded questions in place of the microphone, at their own pace."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.bench.live_turns import LiveTurns, measure_turns
from assistant.bench.measure import Machine, machine, watched_memory
from assistant.config import Profile
from assistant.stages import Stages
from models.types import Audio


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the benchmark found out.

    Attributes:
        start_s: until all workers were ready.
        peak_memory_mb: of all processes together.
    """

    machine: Machine
    start_s: float
    peak_memory_mb: float
    turns: LiveTurns


async def measure(profile: Profile, stages: Stages, questions: Sequence[Audio], n_turns: int) -> Report:
    """Holds the conversations; takes about ten seconds a turn."""
    async with watched_memory() as memory:
        start = time.perf_counter()
        async with stages:
            start_s = time.perf_counter() - start
            turns = await measure_turns(profile, stages, questions, n_turns)
    return Report(machine(), round(start_s, 2), round(memory.peak_mb), turns)
