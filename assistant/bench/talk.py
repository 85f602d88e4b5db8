"""`assistant bench talk`: live conversations with recordings in place of the microphone, at their own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from assistant import virtual_clock
from assistant.bench.endpointing import Endpointing, measure_endpointing
from assistant.bench.interruptions import Interruptions, measure_interruptions
from assistant.bench.live_turns import LiveTurns, measure_turns
from assistant.bench.long_talk import LongTalk, measure_long_talk
from assistant.bench.measure import Machine, machine, watched_memory
from assistant.bench.own_voice import OwnVoice, measure_own_voice
from assistant.bench.quality import Recording, load_sentences
from assistant.config import EngineSettings, Profile
from assistant.stages import Stages
from models.types import Audio

PARTS = ("turns", "endpointing", "interruptions", "own-voice", "hour")

# So often a reply of most of a minute is spoken in each of five rooms: more than ten minutes in all.
_OWN_VOICE_TIMES = 3

OpenStages = Callable[[Profile], Stages]


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured with: questions of 16 kHz, and recordings of whole sentences or parts of them."""

    questions: Sequence[Audio]
    recordings: Sequence[Recording]
    n_turns: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the benchmark found out; None: that part was not wanted.

    Attributes:
        peak_memory_mb: of all processes together, while questions were answered in real time.
    """

    machine: Machine
    peak_memory_mb: float | None = None
    turns: LiveTurns | None = None
    endpointing: Endpointing | None = None
    interruptions: Interruptions | None = None
    own_voice: OwnVoice | None = None
    hour: LongTalk | None = None


def measure(profile: Profile, open_stages: OpenStages, material: Material, parts: Collection[str] = PARTS) -> Report:
    """Holds the conversations, most of them in real time: about ten seconds a turn, and some minutes for the rest.

    Args:
        profile: whose engines are measured.
        open_stages: workers for a profile, not started yet.
        material: what is said.
        parts: of PARTS.
    """
    report = Report(machine())
    if {"turns", "endpointing"} & set(parts):
        report = asyncio.run(_measure_in_real_time(profile, open_stages, material, parts))
    long_winded = talkative(profile)
    if "interruptions" in parts:
        report = replace(report, interruptions=asyncio.run(_interruptions(long_winded, open_stages, material)))
    if "own-voice" in parts:
        task = measure_own_voice(
            talkative(profile, _OWN_VOICE_TIMES), open_stages, material.questions[0], material.recordings
        )
        report = replace(report, own_voice=virtual_clock.run(task))
    if "hour" in parts:
        report = replace(report, hour=virtual_clock.run(_hour(profile, open_stages, material)))
    return report


async def _measure_in_real_time(
    profile: Profile, open_stages: OpenStages, material: Material, parts: Collection[str]
) -> Report:
    report = Report(machine())
    async with watched_memory() as memory, open_stages(profile) as stages:
        if "turns" in parts:
            turns = await measure_turns(profile, stages, material.questions, material.n_turns)
            report = replace(report, turns=turns)
        if "endpointing" in parts:
            endpointing = await measure_endpointing(profile, stages, material.recordings, material.questions)
            report = replace(report, endpointing=endpointing)
    return replace(report, peak_memory_mb=round(memory.peak_mb))


async def _interruptions(profile: Profile, open_stages: OpenStages, material: Material) -> Interruptions:
    async with open_stages(profile) as stages:
        return await measure_interruptions(profile, stages, material.questions)


async def _hour(profile: Profile, open_stages: OpenStages, material: Material) -> LongTalk:
    async with open_stages(profile) as stages:
        return await measure_long_talk(profile, stages, material.questions)


def talkative(profile: Profile, times: int = 1) -> Profile:
    """The same with a script for a language model: a reply of a minute or so, spoken by the profile's voice."""
    reply = " ".join(text for text, _ in load_sentences() * times)
    llm = EngineSettings("scripted", options={"replies": [reply]})
    return replace(profile, llm=llm, sampling=replace(profile.sampling, max_new_tokens=len(reply)))
