"""A sound over the reply of which nobody knows yet whether it is speech. Positions count samples."""

from __future__ import annotations


class Startle:
    """Where the newest such sound began."""

    def __init__(self) -> None:
        self._began: int | None = None
        self._last = 0

    def hear(self, now: int, longest: int) -> bool:
        """It sounds now; returns whether it is a new sound, because it was quiet for `longest` before."""
        is_new = self._began is None or now - self._last >= longest
        self._last = now
        if is_new:
            self._began = now
        return is_new

    def began(self, now: int, longest: int) -> int | None:
        """Where it began; None if it cannot be the start of a word any more: that is `longest` ago, or it was short and
        has been over for a third of that, as a key that was struck.
        """
        is_over = now - self._last > longest // 3
        return self._began if self._began is not None and now - self._began < longest and not is_over else None
