"""What all requests and all conversations of one server share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.config import Profile
from assistant.serve.errors import RequestError
from assistant.serve.metrics import Metrics
from assistant.serve.settings import ServerSettings
from assistant.stages import Stages


class Service:
    """The profile, its running workers, the settings of the server, and its counters.

    Attributes:
        started_s: Unix time.
        open_sessions: realtime conversations at the moment.
    """

    def __init__(self, profile: Profile, stages: Stages, settings: ServerSettings) -> None:
        """
        Args:
            stages: running, and ended by whoever started them.
        """
        self.profile = profile
        self.stages = stages
        self.settings = settings
        self.metrics = Metrics(stages)
        self.started_s = time.time()
        self.open_sessions = 0

    @contextmanager
    def session(self) -> Iterator[None]:
        """Counts a realtime conversation for as long as it is open.

        Raises:
            RequestError: there are as many as may be.
        """
        if self.open_sessions >= self.settings.limits.sessions:
            raise RequestError(
                503,
                "too_many_sessions",
                f"{self.open_sessions} conversations are open, as many as this server holds; try again later",
                retry_after_s=10,
            )
        self.open_sessions += 1
        self.metrics.sessions.set(self.open_sessions)
        try:
            yield
        finally:
            self.open_sessions -= 1
            self.metrics.sessions.set(self.open_sessions)
