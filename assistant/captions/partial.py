"""What was heard of a recording so far: a file that grows as it is heard, so that a run that was killed can go on.

Each line is handed to the system at once. The last one may be torn; it is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.captions.hearing import Heard
from models.types import Segment, Word


class PartialTranscript:
    """
    Attributes:
        segments: all that are final.
        until_s: the time up to which all is final.
    """

    def __init__(self, path: Path, made_with: Mapping[str, object]) -> None:
        """Takes up what is there; begins anew where it was made in another way.

        Args:
            path: in a folder that exists.
            made_with: what the text depends on (model, language, …), of values that JSON knows.

        Raises:
            OSError: it cannot be read or written.
        """
        self.segments: list[Segment] = []
        self.until_s = 0.0
        head = json.dumps(made_with, sort_keys=True, ensure_ascii=False).encode() + b"\n"
        self._file = path.open("a+b")
        self._file.seek(0)
        good = len(head)
        if self._file.readline() == head:
            for heard, size in _readable(self._file):
                self._take(heard)
                good += size
            self._file.truncate(good)
        else:
            self._file.truncate(0)
            self._file.write(head)
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, heard: Heard) -> None:
        """Raises:
        OSError: it cannot be written.
        """
        line = json.dumps(
            {"until_s": heard.until_s, "segments": [asdict(segment) for segment in heard.segments]}, ensure_ascii=False
        )
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        self._take(heard)

    def _take(self, heard: Heard) -> None:
        self.segments += heard.segments
        self.until_s = heard.until_s


def _readable(lines: Iterator[bytes]) -> Iterator[tuple[Heard, int]]:
    """The lines that are whole, each with its length in bytes, up to the first that is not."""
    for line in lines:
        try:
            stored = json.loads(line)
            heard = Heard(tuple(map(_segment, stored["segments"])), float(stored["until_s"]))
        except (ValueError, KeyError, TypeError):
            return
        if not line.endswith(b"\n"):
            return
        yield heard, len(line)


def _segment(stored: Mapping[str, Any]) -> Segment:
    return Segment(**{**stored, "words": tuple(Word(**word) for word in stored["words"])})
