"""What is shown, and from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Caption(NamedTuple):
    """Times are seconds from the start of the file, as a transcript counts them and a player does. The text is plain,
    with "\\n" between its lines."""

    start_s: float
    end_s: float
    text: str


def in_order(captions: Iterable[tuple[float, float, str]]) -> list[Caption]:
    """Those that can be seen, by their start; each with its lines stripped, and none of them empty."""
    found = []
    for start_s, end_s, text in captions:
        lines = [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]
        if lines and max(0.0, start_s) < end_s:
            found.append(Caption(max(0.0, start_s), end_s, "\n".join(lines)))
    return sorted(found)
