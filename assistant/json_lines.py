"""JSON Lines that are written as things happen: each line is handed to the system at once, so a crash loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from assistant.errors import FileUnusable


class JsonLines:
    """A file that grows line by line. If it cannot be written any more (disk full), that is told once, and the rest is
    lost: a conversation is worth more than its record.
    """

    def __init__(self, path: Path, mode: Literal["w", "a"], on_failure: Callable[[str], None]) -> None:
        """
        Args:
            path: in a folder that exists.
            mode: "w" begins the file anew, "a" goes on at its end.
            on_failure: told what is wrong.

        Raises:
            FileUnusable: the file cannot be opened.
        """
        self._path = path
        self._on_failure = on_failure
        try:
            self._file = path.open(mode, encoding="utf-8", buffering=1)
        except OSError as error:
            raise FileUnusable(f"{path} cannot be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, entry: Mapping[str, object]) -> None:
        """Appends one object; nothing after a failure or `close`."""
        if self._file.closed:
            return
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """What was written is complete."""
        try:
            self._file.close()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._on_failure(f"{self._path} cannot be written any more: {error.strerror}")
        try:
            self._file.close()  # tries to write what is left once more, and is closed even if that fails
        except OSError:
            return
