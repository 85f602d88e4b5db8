"""A sound over the reply of which nobody knows yet whether it is speech. Positions count samples."""

from __future__ import annotations

# Of the longest startle: a tenth of a second of quiet between two syllables leaves them one sound, and a key that was
# struck makes the reply soft for no longer than that.
_QUIET_PARTS = 4


class Startle:
    """The newest such sound: where it began, and how much of it there was."""

    def __init__(self) -> None:
        self._began: int | None = None
        self._last = 0
        self._sounded = 0

    def hear(self, now: int, n_samples: int, longest: int) -> bool:
        """It sounds now, for so many samples; returns whether it is a new sound, because it was quiet for `longest`
        before.
        """
        quiet = now - self._last
        is_new = self._began is None or quiet >= longest
        if is_new:
            self._began = now
        if is_new or quiet > longest // _QUIET_PARTS:
            self._sounded = 0
        self._sounded += n_samples
        self._last = now
        return is_new

    def began(self, now: int, longest: int) -> int | None:
        """Where it began; None if it cannot be the start of a word any more: that is `longest` ago, or it was short and
        has been over for a quarter of that, as a key that was struck.
        """
        is_over = now - self._last > longest // _QUIET_PARTS
        return self._began if self._began is not None and now - self._began < longest and not is_over else None

    def lasts(self, now: int, at_least: int, longest: int) -> bool:
        """Whether it may still be the start of a word, and has sounded for so long without a rest."""
        return self.began(now, longest) is not None and self._sounded >= at_least
