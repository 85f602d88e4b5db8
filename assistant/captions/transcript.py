"""What was said in one recording, as it is stored: every format and every standard is made of this, so none of them
needs a second transcription."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import FileUnusable
from models.types import Segment, Word

# Of the stored form. A file of another version is refused: it may lack what a layout needs.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Transcript:
    """
    Attributes:
        title: of the recording, for people.
        source: the link or the path that it came from.
        language: ISO 639-1 code of most of it; each segment has its own.
        duration_s: of the recording.
        model: name of the weights that heard it.
        segments: in order of time, each with its words.
        hearing: what else the text depends on, by name: language asked for, translation, prompt.
    """

    title: str
    source: str
    language: str
    duration_s: float
    model: str
    segments: tuple[Segment, ...]
    hearing: Mapping[str, object] = field(default_factory=dict)

    @property
    def words(self) -> tuple[Word, ...]:
        """Of all segments."""
        return tuple(word for segment in self.segments for word in segment.words)


def to_json(transcript: Transcript) -> str:
    """One JSON object; `from_json` gives the same transcript back."""
    return json.dumps({"version": _VERSION, **asdict(transcript)}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str, path: Path) -> Transcript:
    """
    Args:
        text: what `to_json` wrote.
        path: where it was read; for the error.

    Raises:
        FileUnusable: it is something else.
    """
    try:
        stored = json.loads(text)
        if stored.pop("version") != _VERSION:
            raise FileUnusable(f"{path} was stored by another version of this program; transcribe it again")
        segments = tuple(_segment(segment) for segment in stored.pop("segments"))
        return Transcript(segments=segments, **stored)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileUnusable(f"{path} is not a stored transcript: {error}") from error


def _segment(stored: Mapping[str, Any]) -> Segment:
    return Segment(**{**stored, "words": tuple(Word(**word) for word in stored["words"])})
