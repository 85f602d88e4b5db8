"""Files from a web address, resumed when the connection breaks; and ZIP archives from there."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import httpx

from models.errors import DownloadFailed
from models.weights.progress import CountBytes, after

# A connection that brings nothing for this long is given up; then the rest is asked for, this often.
_TIMEOUT_S, _ATTEMPTS = 30.0, 5
# Model checkpoints hardly compress; an archive that claims to grow more than this is not one of ours.
_LARGEST_GROWTH = 10


def fetch(urls: Mapping[str, str], folder: Path, count: CountBytes) -> None:
    """Fetches each address into the file of that name.

    Raises:
        DownloadFailed: refused, or broken off too often.
    """
    arrived = 0
    for name, url in urls.items():
        download(url, folder / name, after(arrived, count))
        arrived += (folder / name).stat().st_size


def fetch_archive(url: str, folder: Path, count: CountBytes) -> None:
    """Fetches a ZIP archive and unpacks its files into the folder, without their directories.

    Raises:
        DownloadFailed: as `fetch`; or not a ZIP file, or one that is up to something.
    """
    path = folder / ".archive"
    download(url, path, count)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _LARGEST_GROWTH * path.stat().st_size:
                raise DownloadFailed(f"{url} unpacks to more than {_LARGEST_GROWTH} times its size; refused")
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts:
                    raise DownloadFailed(f"{url} has the unsafe path {member.filename!r}; refused")
                with archive.open(member) as source, (folder / parts.name).open("xb") as target:
                    shutil.copyfileobj(source, target)
    # RuntimeError: encrypted, or compressed in a way that Python does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, FileExistsError) as error:
        raise DownloadFailed(f"{url} is not a usable ZIP file: {error}") from error
    path.unlink()


def download(url: str, path: Path, count: CountBytes) -> None:
    """Fetches one file.

    Args:
        url: http or https; redirections are followed, but never from https to http.
        path: written from its start.
        count: told how many bytes have arrived.

    Raises:
        DownloadFailed: refused, or broken off too often.
    """
    path.write_bytes(b"")
    failure: Exception | None = None
    with httpx.Client(follow_redirects=True, timeout=_TIMEOUT_S) as client:
        for _ in range(_ATTEMPTS):
            try:
                _continue(client, url, path, count)
            except httpx.HTTPStatusError as error:
                raise DownloadFailed(f"{url}: the server answers {error.response.status_code}") from error
            except httpx.HTTPError as error:
                failure = error
            else:
                return
    raise DownloadFailed(f"{url} could not be fetched: {failure}; check the network") from failure


def _check_secure(response: httpx.Response) -> None:
    """A secure address must not lead to an insecure one: of some files nobody states a checksum."""
    first, *others = (hop.url for hop in (*response.history, response))
    if first.scheme == "https" and any(hop.scheme != "https" for hop in others):
        raise DownloadFailed(f"{first} leads to the insecure address {response.url}; refused")


def _continue(client: httpx.Client, url: str, path: Path, count: CountBytes) -> None:
    arrived = path.stat().st_size
    headers = {"Accept-Encoding": "identity"}  # a range of a compressed answer could not be appended
    if arrived:
        headers["Range"] = f"bytes={arrived}-"
    with client.stream("GET", url, headers=headers) as response:
        response.raise_for_status()
        _check_secure(response)
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        arrived = arrived if resumed else 0
        with path.open("ab" if resumed else "wb") as file:
            for block in response.iter_raw():
                file.write(block)
                arrived += len(block)
                count(arrived)
