"""`assistant bench ask`: how well it hears, how well it is understood, how soon it answers, what it costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.bench.answering import Answering, measure_answering
from assistant.bench.measure import Machine, machine, watched_memory
from assistant.bench.quality import Hearing, Recording, Speaking, measure_hearing, measure_speaking
from assistant.config import Profile
from assistant.stages import Stages
from models.types import Audio


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured with."""

    recordings: Sequence[Recording]
    sentences: Sequence[tuple[str, Sequence[str]]]
    questions: Sequence[Audio]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the benchmark found out.

    Attributes:
        start_s: until all workers were ready.
        load_s: of each stage's engine, warm-up included; they load at the same time.
        peak_memory_mb: of all processes together.
        hearing: None without recordings.
    """

    machine: Machine
    start_s: float
    load_s: dict[str, float]
    peak_memory_mb: float
    hearing: Hearing | None
    speaking: Speaking
    answering: Answering


async def measure(profile: Profile, stages: Stages, material: Material) -> Report:
    """Runs the whole benchmark; takes some minutes."""
    async with watched_memory() as memory:
        start = time.perf_counter()
        async with stages:
            start_s = time.perf_counter() - start
            hearing = await measure_hearing(stages, material.recordings) if material.recordings else None
            speaking = await measure_speaking(stages, material.sentences)
            answering = await measure_answering(profile, stages, material.questions)
            loads = {
                "stt": stages.stt.load_s,
                "llm": stages.llm.load_s,
                "tts": (await stages.voice("en")).worker.load_s,
            }
    rounded = {stage: round(load_s, 2) for stage, load_s in loads.items()}
    return Report(machine(), round(start_s, 2), rounded, round(memory.peak_mb), hearing, speaking, answering)
