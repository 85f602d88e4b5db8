"""The gallery: what was drawn, and how one picture came from another. One folder of files, and nothing beside them.

All that is known of a picture stands in its own file (`provenance`), so there is no index that could be lost or go
wrong; pictures may be deleted, copied back, or moved to another machine with any program. Any number of processes may
use a folder at once: names are unique, and a file appears only when it is complete.
"""

from __future__ import annotations

import errno
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import GalleryError, GalleryFull, NotInGallery
from assistant.pictures import provenance
from assistant.pictures.certificate import identity
from assistant.pictures.drawn_file import Parent, file_of, origin_in, picture_in
from assistant.pictures.places import gallery_folder, signing_folder
from assistant.pictures.whole_file import sweep, write_whole
from assistant.pictures.work import Entry, Work
from models.errors import PictureError
from models.pictures import Picture

_SUFFIXES = (".png", ".mp4", ".gif")
# Lower-case ASCII letters, digits and hyphens are themselves on every file system, also on those that take A for a.
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,120}")
# Of the prompt, in a name; enough to recognise it by.
_SLUG_CHARACTERS = 40


class Gallery:
    """The pictures of one folder. Blocks while files are read and written: some 50 ms for a picture of 512 pixels."""

    def __init__(self, folder: Path | None = None, signing: Path | None = None) -> None:
        """Nothing is read or written yet.

        Args:
            folder: of the pictures; default: one among the user's data, or in the environment's ASSISTANT_DATA.
            signing: of the certificate; default: another one there.
        """
        self.folder = (folder or gallery_folder()).absolute()
        self._signing = signing or signing_folder()

    def new_id(self, prompt: str) -> str:
        """A name for a picture to come: no other one has it or will get it. Sorted by name is sorted by age."""
        letters = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode("ascii").lower()
        slug = re.sub("[^a-z0-9]+", "-", letters)[:_SLUG_CHARACTERS].strip("-") or "picture"
        return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(4)}"

    def add(self, work: Work) -> Entry:
        """Keeps a picture: all of its file, or nothing.

        From 256 pixels on its pixels get an invisible mark, so what is made from it must start from `picture`.

        Raises:
            GalleryFull: the disk is full.
            GalleryError: there is one of that name, or the folder cannot be written.
            NotInGallery: its parent is not here any more.
            PictureError: its parent, or the file that it was made from, cannot be read any more.
            SigningFailed: the certificate cannot be used.
        """
        name = work.id or self.new_id(work.origin.prompt)
        path = self._path(name, work.suffix)
        if self.has(name):
            raise GalleryError(f"there is a picture {name} already; nothing is overwritten")
        content = file_of(work, path.name, self._parent(work), identity(self._signing))
        with _disk_errors_of(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            sweep(self.folder)
            write_whole(path, content)
        return Entry(name, path, provenance.cleaned(work.origin))

    def entries(self) -> list[Entry]:
        """All of them, the oldest first. Files that are damaged, or were made by other programs, are left out.

        Raises:
            GalleryError: the folder cannot be read.
        """
        with _disk_errors_of(self.folder):
            paths = sorted(self.folder.iterdir()) if self.folder.exists() else []
        found = []
        for path in paths:
            if path.suffix in _SUFFIXES and _NAME.fullmatch(path.stem):
                with suppress(PictureError):
                    found.append(Entry(path.stem, path, origin_in(path)))
        return sorted(found, key=lambda entry: entry.origin.created)

    def has(self, name: str) -> bool:
        """Whether there is one of that name."""
        return self._found(name) is not None

    def entry(self, name: str) -> Entry:
        """The one of that name.

        Raises:
            NotInGallery: there is none.
            PictureError: it is damaged, or of another program.
        """
        path = self._found(name)
        if path is None:
            raise NotInGallery(f'there is no picture "{provenance.clean(name)}" in {self.folder}')
        return Entry(name, path, origin_in(path))

    def picture(self, name: str) -> Picture:
        """The pixels, exactly as they are in the file; of an animation, its first frame.

        Raises:
            NotInGallery: there is none of that name.
            PictureError: it is damaged.
        """
        return picture_in(self.entry(name).path)

    def children(self, name: str) -> list[Entry]:
        """Those that were made from the one of that name, the oldest first."""
        return [entry for entry in self.entries() if entry.origin.parent == name]

    def _path(self, name: str, suffix: str) -> Path:
        if not _NAME.fullmatch(name):
            raise GalleryError(f'"{provenance.clean(name)}" is no name for a picture; take one from new_id')
        return self.folder / f"{name}{suffix}"

    def _found(self, name: str) -> Path | None:
        """Its file; a name from outside never leads out of the folder."""
        paths = [self._path(name, suffix) for suffix in _SUFFIXES] if _NAME.fullmatch(name) else []
        return next((path for path in paths if path.is_file()), None)

    def _parent(self, work: Work) -> Parent | None:
        if work.source:
            return Parent(work.source, is_drawn=_is_drawn(work.source))
        return Parent(self.entry(work.origin.parent).path, is_drawn=True) if work.origin.parent else None


def _is_drawn(path: Path) -> bool:
    """Whether a file from outside was once written here, too."""
    try:
        origin_in(path)
    except PictureError:
        return False
    return True


@contextmanager
def _disk_errors_of(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GalleryFull(f"no space left in {folder}; make room, or name another folder with --gallery") from error
        raise GalleryError(f"the gallery {folder} cannot be used: {error.strerror or error}") from error
