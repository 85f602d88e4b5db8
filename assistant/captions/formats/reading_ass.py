"""Reading SubStation Alpha, in its versions SSA and ASS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assistant.captions.cue import Cue
from assistant.errors import FileUnusable

_TIME = re.compile(r"\s*(\d{1,9}):(\d{1,3}):(\d{1,3})[.,:](\d{1,9})\s*$")
_OVERRIDE = re.compile(r"\{[^{}]*\}")
_DRAWING = re.compile(r"\\p[1-9]")  # what follows is a shape, not text
_LINE_BREAK = re.compile(r"\\[Nn]")

# What both versions begin with where a file does not say it.
_USUAL_FIELDS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def read_ass(text: str, path: Path) -> list[Cue]:
    """The dialogue lines; comments and drawings are passed over.

    Raises:
        FileUnusable: a line cannot be understood.
    """
    return list(_cues(text, path))


def _cues(text: str, path: Path) -> Iterator[Cue]:
    fields = _names(_USUAL_FIELDS)
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        kind, _, rest = line.partition(":")
        if line.startswith("["):
            section = line.strip().lower()
        elif section == "[events]" and kind.strip() == "Format":
            fields = _names(rest)
        elif section == "[events]" and kind.strip() == "Dialogue" and not _DRAWING.search(rest):
            values = dict(zip(fields, rest.split(",", len(fields) - 1), strict=False))
            try:
                yield Cue(_seconds(values["start"]), _seconds(values["end"]), _lines(values["text"]))
            except (KeyError, ValueError) as error:
                raise FileUnusable(f"{path}, line {number}: this is not a line of captions: {line[:80]!r}") from error


def _names(fields: str) -> list[str]:
    return [name.strip().lower() for name in fields.split(",")]


def _seconds(time: str) -> float:
    if (match := _TIME.match(time)) is None:
        raise ValueError(f"{time!r} is not a time")
    hours, minutes, seconds, fraction = match.groups()
    return round(int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}"), 6)


def _lines(text: str) -> tuple[str, ...]:
    visible = _OVERRIDE.sub("", text).replace("\\h", "\N{NO-BREAK SPACE}")
    lines = (line.strip() for line in _LINE_BREAK.split(visible))
    return tuple(line for line in lines if line)
