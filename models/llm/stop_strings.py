"""Cuts a streamed text at the first stop string. Text in, text out; knows nothing of tokens or models."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Passes text on as soon as no stop string can begin in it; holds back the rest."""

    def __init__(self, stops: Sequence[str]) -> None:
        """Begins a text.

        Args:
            stops: none of them empty. One that is part of another may end the text before the other could.
        """
        self._stops = tuple(stops)
        self._held = ""
        self.reached = False

    def push(self, delta: str) -> str:
        """The text that is certain now; "" once a stop string was reached."""
        if self.reached:
            return ""
        text = self._held + delta
        found = [place for place in (text.find(stop) for stop in self._stops) if place >= 0]
        if found:
            self.reached, self._held = True, ""
            return text[: min(found)]
        certain = len(text) - self._possible_start(text)
        self._held = text[certain:]
        return text[:certain]

    def flush(self) -> str:
        """What was held back, now that nothing follows."""
        held, self._held = self._held, ""
        return held

    def _possible_start(self, text: str) -> int:
        """How many characters at the end of the text are the start of a stop string."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        lengths = range(min(longest, len(text)), 0, -1)
        return next((n for n in lengths if any(stop.startswith(text[-n:]) for stop in self._stops)), 0)
