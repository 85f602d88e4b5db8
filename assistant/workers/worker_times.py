"""How long an engine worked."""

from __future__ import annotations

import time
from collections import defaultdict


class WorkerTimes:
    """Of one worker, since it began.

    Attributes:
        jobs: by method; those that failed or were given up count too.
        seconds: that they took, by method, without the time in line.
    """

    def __init__(self) -> None:
        self.jobs: defaultdict[str, int] = defaultdict(int)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._method: str | None = None
        self._since_s = 0.0

    def work_on(self, method: str | None) -> None:
        """From now on it works in this method; None: in none."""
        now_s = time.perf_counter()
        if self._method is not None:
            self.seconds[self._method] += now_s - self._since_s
        self._method, self._since_s = method, now_s

    def ended(self, method: str) -> None:
        """A job came to its end."""
        self.jobs[method] += 1
        self.seconds[method] += 0.0
