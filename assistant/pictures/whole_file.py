"""Files that are there completely or not at all."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

_PARTIAL = ".partial"
# Files that are written take seconds; what is this old was left by a process that was killed.
_ABANDONED_S = 3600.0


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Writes a file under another name and moves it into place; nothing of it is left where that fails.

    Args:
        path: replaced if it exists.
        content: all of it.
        mode: who may read it, as for `os.open`.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{secrets.token_hex(8)}{_PARTIAL}")
    number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(number)  # a name must not outlive a power cut without its content
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Removes what processes that were killed have left in a folder.

    Raises:
        OSError: it cannot be.
    """
    for path in folder.glob(f".*{_PARTIAL}"):
        with suppress(FileNotFoundError):  # another process sweeps, too
            if time.time() - path.stat().st_mtime > _ABANDONED_S:
                path.unlink()
