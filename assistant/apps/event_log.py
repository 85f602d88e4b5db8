"""`--events FILE`: every event of a conversation as a line of JSON, under its name in `assistant.events`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from assistant.events import Event
from assistant.json_lines import JsonLines
from models.pictures import Picture
from models.types import Audio


class EventLog:
    """Writes `{"t_s": 1.234, "event": "FinalTranscript", "text": "…", "language": "en"}` and the like."""

    def __init__(self, lines: JsonLines) -> None:
        self._lines = lines

    def show(self, event: Event) -> None:
        """Appends one event."""
        self._lines.write(event_entry(event))


def event_entry(event: Event) -> dict[str, object]:
    """Its time, its name, then its own fields; of sound and pictures only how large they are."""
    entry: dict[str, object] = {"t_s": round(event.t_s, 4), "event": type(event).__name__}
    for field in fields(event):
        if field.name != "t_s":
            entry[field.name] = _plain(getattr(event, field.name))
    return entry


def _plain(value: object) -> object:
    match value:
        case Audio():
            return {"duration_s": round(value.duration_s, 4), "sample_rate_hz": value.sample_rate_hz}
        case Picture():
            return {"width": value.width, "height": value.height}
        case Path():
            return str(value)
        case float():
            return round(value, 4)
    return value
