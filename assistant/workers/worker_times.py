"""How long an engine worked."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class WorkerTimes:
    """Of one worker, since it began.

    Attributes:
        jobs: by method; those that failed or were given up count too.
        seconds: that they took, by method, without the time in line.
    """

    def __init__(self) -> None:
        self.jobs: defaultdict[str, int] = defaultdict(int)
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def measured(self, method: str) -> Iterator[None]:
        """A job is done within the block."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.jobs[method] += 1
            self.seconds[method] += time.perf_counter() - started_s
