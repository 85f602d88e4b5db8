"""How many requests a minute one client may send: a bucket for each that fills up evenly (a token bucket). Pure."""

from __future__ import annotations

# Clients that are remembered. Whoever has been away for a minute has a full bucket again, and needs no memory.
_CLIENTS = 10_000
_MINUTE_S = 60.0


class RequestRates:
    """The buckets of all clients."""

    def __init__(self, per_minute: int) -> None:
        """
        Args:
            per_minute: requests, which may also come all at once after a minute of silence.
        """
        self._per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}

    def left(self, client: str, now_s: float) -> int:
        """Whole requests in the client's bucket."""
        left, since_s = self._buckets.get(client, (float(self._per_minute), now_s))
        return int(min(self._per_minute, left + (now_s - since_s) * self._per_minute / _MINUTE_S))

    def wait_s(self, client: str, now_s: float) -> float:
        """Takes a request from the client's bucket.

        Returns:
            0, or how long the client has to wait, in which case nothing was taken.
        """
        left, since_s = self._buckets.pop(client, (float(self._per_minute), now_s))
        left = min(self._per_minute, left + (now_s - since_s) * self._per_minute / _MINUTE_S)
        is_served = left >= 1
        self._buckets[client] = (left - is_served, now_s)  # at the end: the longest unseen stands first
        if len(self._buckets) > _CLIENTS:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if is_served else (1 - left) * _MINUTE_S / self._per_minute
