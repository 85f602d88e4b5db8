"""Copies of pictures, where people look for them."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import GalleryError
from assistant.pictures.whole_file import write_whole


def saving_folder() -> Path:
    """The user's folder of pictures; where there is none, the one in which the program runs."""
    from platformdirs import user_pictures_path

    pictures = user_pictures_path()
    return pictures if pictures.is_dir() else Path.cwd()


def save_copy(path: Path, folder: Path) -> Path:
    """Copies a file of the gallery, whose name nothing else has; saved twice, it is there once.

    Raises:
        GalleryError: it cannot be read, or the folder cannot be written.
    """
    copy = folder / path.name
    try:
        write_whole(copy, path.read_bytes())
    except OSError as error:
        raise GalleryError(f"{copy} cannot be written: {error.strerror or error}") from error
    return copy
