"""A lock that processes share: one holder at a time, freed by the system when its holder dies.

POSIX (flock) and Windows (msvcrt). On a network file system it is as good as that system's own locks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


# A pull takes seconds to hours: a quarter of a second more is not noticed, and polling can be interrupted everywhere.
_POLL_S = 0.25


@contextmanager
def locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds the lock for the length of the block.

    Args:
        path: a file that is made for the purpose and stays; removing it would let two holders in.
        on_wait: called once if somebody else holds the lock.

    Raises:
        OSError: the file cannot be made.
    """
    with path.open("ab") as file:
        if not _try_lock(file):
            on_wait()
            while not _try_lock(file):
                time.sleep(_POLL_S)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Yields whether the lock was free; if so, holds it for the length of the block."""
    with path.open("ab") as file:
        yield _try_lock(file)
