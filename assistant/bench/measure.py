"""The machine, percentiles, and the memory of all processes: what every benchmark reports."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil

_SAMPLE_S = 0.1  # a peak shorter than this is missed; sampling more often costs the measured program its time


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures were taken."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    gpu: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds, or whatever was measured, over `n` tries."""

    n: int
    p50: float
    p95: float


def machine() -> Machine:
    """This one."""
    import torch

    return Machine(
        _processor_name(),
        os.cpu_count() or 1,
        round(psutil.virtual_memory().total / 2**30, 1),
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    )


def spread(values: Sequence[float]) -> Spread:
    """Percentiles by linear interpolation between the closest ranks.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("no values to take percentiles of")
    return Spread(len(values), round(percentile(values, 50), 4), round(percentile(values, 95), 4))


def percentile(values: Sequence[float], percent: float) -> float:
    """One percentile, `percent` in [0, 100]."""
    ordered = sorted(values)
    rank = percent / 100 * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


@dataclass(slots=True)
class Memory:
    """Resident memory of this process and all below it, in MB.

    Pages that processes share are counted once for each, so the truth is a little lower.
    """

    peak_mb: float = 0.0
    process: psutil.Process = field(default_factory=psutil.Process)

    def now_mb(self) -> float:
        total = 0
        for process in [self.process, *self.process.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # it ended between the two calls
        return total / 1e6


@asynccontextmanager
async def watched_memory() -> AsyncIterator[Memory]:
    """Keeps `peak_mb` up to date inside the block."""
    memory = Memory()

    async def watch() -> None:
        while True:
            memory.peak_mb = max(memory.peak_mb, memory.now_mb())
            await asyncio.sleep(_SAMPLE_S)

    task = asyncio.create_task(watch())
    try:
        yield memory
    finally:
        task.cancel()
        await asyncio.wait([task])


def _processor_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
