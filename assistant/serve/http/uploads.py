"""Files that clients send: hostile until they are read, and gone afterwards."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from fastapi import UploadFile


@asynccontextmanager
async def as_file(upload: UploadFile) -> AsyncIterator[Path]:
    """A file of this name-less kind, for the block; what the client calls it plays no part.

    Raises:
        OSError: the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="assistant-") as folder:
        path = Path(folder) / "upload"
        await asyncio.to_thread(_copy, upload.file, path)
        yield path


def _copy(source: BinaryIO, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
