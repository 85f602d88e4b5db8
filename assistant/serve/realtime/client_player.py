"""How much of what was sent a client has played: by the clock, or as it says itself. Pure: the time is given."""

from __future__ import annotations

# From one report of a client to the next; beyond that it stands still, for the client may have stopped.
_REPORT_LASTS_S = 0.3
# A client that says nothing for so long will not say anything more, and nobody waits for it for ever: the clock counts
# again. A reply is held back for less.
_REPORTS_ENDED_S = 5.0


class ClientPlayer:
    """The far end of the line. It plays what it has got, at once and without a pause.

    Attributes:
        unplayed_samples: that it has got and not played.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.unplayed_samples = 0
        self._rate_hz = sample_rate_hz
        self._sent_samples = 0
        self._now_s = 0.0
        self._reported_s: float | None = None

    def advance(self, now_s: float) -> int:
        """Lets time pass, in seconds; returns the samples that have been played since the last call."""
        if self._reported_s is not None and now_s > self._reported_s + _REPORTS_ENDED_S:
            self._reported_s = None
        until_s = now_s if self._reported_s is None else min(now_s, self._reported_s + _REPORT_LASTS_S)
        passed_s, self._now_s = max(0.0, until_s - self._now_s), now_s
        played = min(self.unplayed_samples, round(passed_s * self._rate_hz))
        self.unplayed_samples -= played
        return played

    def begin(self) -> None:
        """What is sent from now on belongs to a new item."""
        self._sent_samples = 0

    def sent(self, n_samples: int) -> None:
        """It has got more."""
        self._sent_samples += n_samples
        self.unplayed_samples += n_samples

    def report(self, played_samples: int, now_s: float) -> None:
        """It says how much of the newest item it has played."""
        self._reported_s = self._now_s = now_s
        self.unplayed_samples = max(0, self._sent_samples - played_samples)

    def forget(self) -> None:
        """It has thrown away what was left."""
        self.unplayed_samples = 0
