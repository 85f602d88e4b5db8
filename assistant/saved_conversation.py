"""Conversations in files, to be gone on with another day: JSON Lines, appended turn by turn.

    {"begun": "2031-05-04T09:30:00+02:00"}
    {"user": "Where is Paris?", "assistant": "Paris is in France.", "language": "en"}

A file may hold several conversations; each begins with a line of the first kind, and only the last one is gone on with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from assistant.errors import FileUnusable
from assistant.json_lines import JsonLines

# A conversation of a whole day is smaller than a megabyte; what is larger is some other file.
_LARGEST_BYTES = 64_000_000


class Turn(NamedTuple):
    """What the user said, what was heard of the reply, and its language (ISO 639-1)."""

    user: str
    assistant: str
    language: str


class SavedConversation:
    """The file of a running conversation."""

    def __init__(self, path: Path, on_failure: Callable[[str], None]) -> None:
        """
        Args:
            path: a new file, or one of saved conversations, which is gone on with.
            on_failure: told once if it cannot be written any more.

        Raises:
            FileUnusable: it holds something else, or cannot be opened.
        """
        if path.exists():
            load_turns(path)
            _mend(path)
        self._lines = JsonLines(path, "a", on_failure)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()

    def begin(self) -> None:
        """What follows is a new conversation."""
        self._lines.write({"begun": datetime.now().astimezone().isoformat(timespec="seconds")})

    def add(self, turn: Turn) -> None:
        """Appends a turn."""
        self._lines.write(turn._asdict())


def load_turns(path: Path) -> list[Turn]:
    """The turns of the last conversation in a file, oldest first; a line that broke off at the end is left out.

    Raises:
        FileUnusable: it cannot be read, or holds something else.
    """
    turns: list[Turn] = []
    for entry in _entries(path):
        match entry:
            case {"user": str(user), "assistant": str(assistant), "language": str(language)}:
                turns.append(Turn(user, assistant, language))
            case {"begun": str()}:
                turns.clear()
            case _:
                raise FileUnusable(f"{path} is not a saved conversation: {json.dumps(entry)[:80]} is no turn")
    return turns


def _entries(path: Path) -> Iterator[object]:
    lines = _read(path).decode("utf-8", errors="replace").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            if number == len(lines) > 1:
                return  # the program ended while it was written
            raise FileUnusable(f"{path} is not a saved conversation: line {number} is not JSON") from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FileUnusable(f"{path} is not a saved conversation: it is too large")
        return path.read_bytes()
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {error.strerror}") from error


def _mend(path: Path) -> None:
    """Cuts off a last line that broke off, so that the next one does not continue it."""
    written = _read(path)
    tail = written[written.rfind(b"\n") + 1 :]
    try:
        with path.open("rb+") as file:
            if tail and _is_json(tail):
                file.seek(0, os.SEEK_END)
                file.write(b"\n")
            else:
                file.truncate(len(written) - len(tail))
    except OSError as error:
        raise FileUnusable(f"{path} cannot be written: {error.strerror}") from error


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
