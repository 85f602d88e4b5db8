"""Which piece of a cue's text is spoken when; for the formats that show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.captions.formats.shown import Shown, clean


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, with what follows it up to the next.

    Attributes:
        start: in ticks of the cue, within it, never before the piece ahead of it.
        text: a part of the cue's lines; "\\n" is where a line ends.
    """

    start: int
    text: str


def pieces(cue: Shown, ticks_per_s: int) -> list[Piece]:
    """At least one; all their texts together are the lines. Where the words are not those of the lines, it is one."""
    text = "\n".join(cue.lines)
    marks = list(_found(cue, text, ticks_per_s))
    if not marks:
        return [Piece(cue.start, text)]
    marks[0] = (marks[0][0], 0)  # what stands before the first word belongs to it
    ends = [position for _, position in marks[1:]] + [len(text)]
    return [Piece(start, text[position:end]) for (start, position), end in zip(marks, ends, strict=True)]


def _found(cue: Shown, text: str, ticks_per_s: int) -> Iterator[tuple[int, int]]:
    """(start, position in the text) of each word, as far as they are found one after the other."""
    position, earliest = 0, cue.start
    for word in cue.cue.words:
        spoken = clean(word.text)
        at = text.find(spoken, position)
        if not spoken or at < 0 or text[position:at].strip():
            return
        start = min(max(round(word.start_s * ticks_per_s), earliest), cue.end)
        yield start, at
        position, earliest = at + len(spoken), start
