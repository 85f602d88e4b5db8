"""`assistant bench serve`: how long each of several callers waits when all of them talk to one server at once."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assistant.bench.caller import Answered, call
from assistant.bench.measure import Machine, Spread, machine, spread, watched_memory
from assistant.config import Profile
from assistant.serve.app import create_app
from assistant.serve.running import address, listen, run
from assistant.serve.service import Service
from assistant.serve.settings import ServerSettings
from assistant.stages import Stages
from models.types import Audio

CONVERSATIONS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some conversations at once, which all begin in the same moment: the worst that can happen.

    Attributes:
        unanswered: questions without an answer that could be heard.
        voice_to_voice_s: of all turns; None: none was answered.
        fairness: the longest median wait of a conversation over the shortest.
        turns_per_minute: answered and played, of all conversations together.
        peak_memory_mb: of all processes together.
        engines: processes that own a model.
    """

    conversations: int
    turns: int
    unanswered: int
    voice_to_voice_s: Spread | None
    fairness: float | None
    turns_per_minute: float
    peak_memory_mb: int
    engines: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed."""

    machine: Machine
    crowds: dict[str, Crowd]


async def measure(profile: Profile, stages: Stages, questions: Sequence[Audio], turns: int) -> Report:
    """
    Args:
        stages: not started yet.
        questions: recordings, with the silence around the words.
        turns: of each crowd, shared by its conversations; each has one at least.
    """
    crowds = {}
    async with stages, _served(profile, stages) as place:
        await call(place, questions[:1])  # what is slow the first time is no figure of the second
        for count in CONVERSATIONS:
            crowds[f"{count} at once"] = await _crowd(place, stages, questions, count, max(1, turns // count))
    return Report(machine(), crowds)


@asynccontextmanager
async def _served(profile: Profile, stages: Stages) -> AsyncIterator[str]:
    settings = ServerSettings(port=0)
    listening = listen(settings.host, settings.port)
    app = create_app(Service(profile, stages, settings))
    serving = asyncio.create_task(run(app, listening, settings.limits))
    try:
        yield address(listening)
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        listening.close()


async def _crowd(place: str, stages: Stages, questions: Sequence[Audio], count: int, turns: int) -> Crowd:
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    async with watched_memory() as memory:
        # Each begins with another question, so that no two say the same at the same time.
        asked = [[questions[(first + turn) % len(questions)] for turn in range(turns)] for first in range(count)]
        calls: list[list[Answered]] = await asyncio.gather(*(call(place, own) for own in asked))
    waits = [turn.voice_to_voice_s for own in calls for turn in own]
    medians = [statistics.median(turn.voice_to_voice_s for turn in own) for own in calls if own]
    return Crowd(
        conversations=count,
        turns=count * turns,
        unanswered=count * turns - len(waits),
        voice_to_voice_s=spread(waits) if waits else None,
        fairness=round(max(medians) / min(medians), 2) if medians else None,
        turns_per_minute=round(60 * len(waits) / (loop.time() - start_s), 1),
        peak_memory_mb=round(memory.peak_mb),
        engines=len({worker.pid for worker in stages.workers()} - {None}),
    )
