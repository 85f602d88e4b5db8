"""Recordings on this machine: single files, and what lies in folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from models.audio.media import opened
from models.errors import AudioError

# What is taken from a folder. A file that is named itself may have any ending: its content decides.
MEDIA_ENDINGS = frozenset(
    ".3g2 .3gp .aac .ac3 .aif .aiff .amr .ape .asf .au .avi .caf .flac .flv .m2ts .m4a .m4b .m4v .mka .mkv .mov .mp2 "
    ".mp3 .mp4 .mpeg .mpg .mts .mxf .oga .ogg .ogv .opus .rm .rmvb .tta .ts .voc .w64 .wav .webm .wma .wmv .wv".split()
)


def local_items(path: Path) -> Iterator[Item | Unlisted]:
    """The recording there, or all below the folder there, in the order of their names."""
    try:
        if path.is_dir():
            yield from _folder(path)
        else:
            yield _item(path)
    except OSError as error:
        yield Unlisted(str(path), _unreadable(path, error))


def _folder(root: Path) -> Iterator[Item | Unlisted]:
    """Hidden files and folders are left out, and with them what this program keeps in `.captions`."""
    unreadable: list[OSError] = []
    entered = set()  # real folders: a link to a folder is followed, once, so loops of links come to an end
    found = False
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=unreadable.append):
        here = os.path.realpath(folder)
        if here in entered:
            subfolders.clear()
            continue
        entered.add(here)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or path.suffix.lower() not in MEDIA_ENDINGS:
                continue
            found = True
            try:
                yield _item(path)
            except OSError as error:
                yield Unlisted(str(path), _unreadable(path, error))
    for refusal in unreadable:
        yield Unlisted(str(refusal.filename), _unreadable(Path(refusal.filename), refusal))
    if not found and not unreadable:
        yield Unlisted(str(root), ItemFailed(Reason.EMPTY, f"{root}: there are no recordings in this folder"))


def _item(path: Path) -> Item:
    """A file that was changed is another recording; the same file by another way (`../x/a.mp3`, a link) is not. Its
    content is not read for that: a folder of films would take minutes."""
    real = path.resolve(strict=True)
    status = real.stat()
    identity = f"{real}\0{status.st_size}\0{status.st_mtime_ns}"
    key = hashlib.sha256(os.fsencode(identity)).hexdigest()[:32]
    # A name on disk can be bytes that are no text.
    title = os.fsencode(path.stem).decode("utf-8", "replace")
    return Item(key=f"file:{key}", title=title, address=str(real), is_local=True)


def _unreadable(path: Path, error: OSError) -> ItemFailed:
    if isinstance(error, FileNotFoundError):
        return ItemFailed(Reason.NOT_FOUND, f"{path}: no such file or folder; links begin with https:// or http://")
    return ItemFailed(Reason.BROKEN, f"{path} cannot be read: {error.strerror or error}")


def check_media(path: Path, name: str) -> None:
    """
    Args:
        name: of the recording, for messages.

    Raises:
        ItemFailed: the file is missing, empty, no recording, or without sound.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if not size:
        raise ItemFailed(Reason.EMPTY, f"{name} is empty (0 bytes)")
    try:
        with opened(path) as container:
            if container.streams.audio:
                return
    except AudioError as error:
        raise ItemFailed(Reason.BROKEN, str(error).replace(str(path), name)) from error
    raise ItemFailed(Reason.NO_AUDIO, f"{name} has no sound")
