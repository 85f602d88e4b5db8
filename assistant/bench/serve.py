"""`assistant bench serve`: how long each of several callers waits when all of them talk to one server at once, and how
soon the page answers and falls silent.
"""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from random import Random

from assistant.bench import browser
from assistant.bench.caller import Answered, call
from assistant.bench.measure import Machine, Spread, machine, spread, watched_memory
from assistant.bench.page import Build, PageStops, PageTurns, measure_stops, measure_turns
from assistant.bench.talk import OpenStages, talkative
from assistant.config import Profile
from assistant.serve.app import create_app
from assistant.serve.running import address, listen, run
from assistant.serve.service import Service
from assistant.serve.settings import ServerSettings
from assistant.stages import Stages
from models.types import Audio

PARTS = ("crowds", "page", "stops")
CONVERSATIONS = (1, 2, 4, 8)
# Of each conversation, for each of those that talk at once: of more medians the longest and the shortest lie farther
# apart by chance. Were all treated alike, those of six waits of eight conversations would differ by a factor of 1.8.
_TURNS_OF_EACH = 6
# How often the waits are dealt out anew: the median of so many fairnesses moves by a hundredth.
_DEALS = 1000


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some conversations at once, which all begin in the same moment: the worst that can happen.

    Attributes:
        unanswered: questions without an answer that could be heard.
        voice_to_voice_s: of all turns; None: none was answered.
        fairness: the longest median wait of a conversation over the shortest.
        fairness_by_chance: what it mostly is where the same waits are dealt out to the conversations at random.
        turns_per_minute: answered and played, of all conversations together.
        busy: worker -> share of the time in which its engine had a job; three that share two cores slow each other.
        peak_memory_mb: of all processes together.
        engines: processes that own a model.
    """

    conversations: int
    turns: int
    unanswered: int
    voice_to_voice_s: Spread | None
    fairness: float | None
    fairness_by_chance: float | None
    turns_per_minute: float
    busy: dict[str, float]
    peak_memory_mb: int
    engines: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed; None: that part was not wanted.

    Attributes:
        page, page_stops: a text says why that could not be measured.
    """

    machine: Machine
    crowds: dict[str, Crowd] | None = None
    page: PageTurns | str | None = None
    page_stops: PageStops | str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """
    Attributes:
        questions: recordings, with the silence around the words.
        turns: of each crowd, about, shared by its conversations, each of which asks all questions. Of the page.
        page: the application that shows it.
    """

    questions: Sequence[Audio]
    turns: int
    page: Build


def measure(profile: Profile, open_stages: OpenStages, material: Material, parts: Collection[str] = PARTS) -> Report:
    """Each part in an event loop of its own: Gradio does not survive that the one it began in goes on without it.

    Args:
        open_stages: workers for a profile, not started yet.
        parts: of PARTS.
    """
    report, missing = Report(machine()), browser.missing()
    if "crowds" in parts:
        report = replace(report, crowds=asyncio.run(_crowds(profile, open_stages, material)))
    if "page" in parts:
        report = replace(report, page=missing or asyncio.run(_page(profile, open_stages, material)))
    if "stops" in parts:
        report = replace(report, page_stops=missing or asyncio.run(_stops(talkative(profile), open_stages, material)))
    return report


async def _page(profile: Profile, open_stages: OpenStages, material: Material) -> PageTurns:
    async with open_stages(profile) as stages:
        return await measure_turns(_service(profile, stages), material.page, material.questions, material.turns)


async def _stops(profile: Profile, open_stages: OpenStages, material: Material) -> PageStops:
    async with open_stages(profile) as stages:
        return await measure_stops(_service(profile, stages), material.page, material.questions, material.turns)


async def _crowds(profile: Profile, open_stages: OpenStages, material: Material) -> dict[str, Crowd]:
    crowds = {}
    async with open_stages(profile) as stages, _served(profile, stages) as place:
        await call(place, material.questions[:1])  # what is slow the first time is no figure of the second
        for count in CONVERSATIONS:
            turns = _turns(material.turns, count, len(material.questions))
            crowds[f"{count} at once"] = await _crowd(place, stages, material.questions, count, turns)
    return crowds


def _turns(wanted: int, conversations: int, questions: int) -> int:
    """Of each conversation: whole rounds, since some questions take longer than others, and who happens to ask those
    would seem to be treated worse.
    """
    least = _TURNS_OF_EACH * conversations
    return questions * max(math.ceil(least / questions), round(wanted / conversations / questions))


def _shuffled(questions: Sequence[Audio], turns: int, random: Random) -> list[Audio]:
    """Whole rounds, each in an order of its own: conversations that ask the same in the same order would walk in step,
    and the same one would always meet the same other one.
    """
    return [question for _ in range(turns // len(questions)) for question in random.sample(questions, len(questions))]


def _fairness(waits: Sequence[Sequence[float]]) -> float:
    """
    Args:
        waits: of each conversation, at least one.
    """
    medians = [statistics.median(own) for own in waits]
    return max(medians) / min(medians)


def _fairness_by_chance(waits: Sequence[Sequence[float]], random: Random) -> float:
    dealt = [wait for own in waits for wait in own]
    found = []
    for _ in range(_DEALS):
        random.shuffle(dealt)
        left = iter(dealt)
        found.append(_fairness([list(islice(left, len(own))) for own in waits]))
    return statistics.median(found)


def _service(profile: Profile, stages: Stages) -> Service:
    return Service(profile, stages, ServerSettings(port=0))


@asynccontextmanager
async def _served(profile: Profile, stages: Stages) -> AsyncIterator[str]:
    service = _service(profile, stages)
    listening = listen(service.settings.host, service.settings.port)
    serving = asyncio.create_task(run(create_app(service), listening, service.settings.limits))
    try:
        yield address(listening)
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        listening.close()


async def _crowd(place: str, stages: Stages, questions: Sequence[Audio], count: int, turns: int) -> Crowd:
    loop, random = asyncio.get_running_loop(), Random(count)
    start_s, worked_s = loop.time(), _worked_s(stages)
    async with watched_memory() as memory:
        asked = [_shuffled(questions, turns, random) for _ in range(count)]
        calls: list[list[Answered]] = await asyncio.gather(*(call(place, own) for own in asked))
    took_s = loop.time() - start_s
    waits = [[turn.voice_to_voice_s for turn in own] for own in calls if own]
    answered = sum(map(len, waits))
    return Crowd(
        conversations=count,
        turns=count * turns,
        unanswered=count * turns - answered,
        voice_to_voice_s=spread([wait for own in waits for wait in own]) if waits else None,
        fairness=round(_fairness(waits), 2) if waits else None,
        fairness_by_chance=round(_fairness_by_chance(waits, random), 2) if waits else None,
        turns_per_minute=round(60 * answered / took_s, 1),
        busy={name: round((s - worked_s.get(name, 0.0)) / took_s, 2) for name, s in _worked_s(stages).items()},
        peak_memory_mb=round(memory.peak_mb),
        engines=len({worker.pid for worker in stages.workers()} - {None}),
    )


def _worked_s(stages: Stages) -> dict[str, float]:
    return {name: sum(worker.times.seconds.values()) for name, worker in stages.named_workers().items()}
