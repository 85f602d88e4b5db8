"""Files from a repository on the Hugging Face hub. Needs a network; `HF_TOKEN` and `HF_ENDPOINT` are respected."""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ChecksumMismatch, DownloadFailed
from models.weights.catalogue import Hub
from models.weights.progress import CountBytes, after

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling


def fetch(hub: Hub, folder: Path, count: CountBytes) -> None:
    """Fetches the wanted files of one commit and checks those whose checksum the hub states (all large ones).

    Raises:
        DownloadFailed: no network, no such repository or revision, or nothing in it is wanted.
        ChecksumMismatch: a file differs from what the hub says it is.
    """
    import httpx2  # the client behind huggingface_hub
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    where = f"{hub.repository} ({hub.revision})"
    try:
        info = HfApi().model_info(hub.repository, revision=hub.revision, files_metadata=True)
        wanted = [file for file in info.siblings or () if _is_wanted(file.rfilename, hub)]
        arrived = 0
        for file in wanted:
            counter = _counter(after(arrived, count))
            path = hf_hub_download(
                hub.repository, file.rfilename, revision=info.sha, local_dir=folder, tqdm_class=counter
            )
            arrived += file.size or 0
            count(arrived)
            _check(file, Path(path))
    except (HfHubHTTPError, HFValidationError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DownloadFailed(f"{where} could not be fetched: {reason or type(error).__name__}") from error
    except (httpx2.HTTPError, ConnectionError, LocalEntryNotFoundError) as error:
        raise DownloadFailed(f"{where} could not be fetched: the hub is out of reach; check the network") from error
    if not wanted:
        raise DownloadFailed(f"{where} has no file like {', '.join(hub.allow)}")
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the library's notes about the download


def _is_wanted(path: str, hub: Hub) -> bool:
    return any(path.count("/") == pattern.count("/") and fnmatch.fnmatch(path, pattern) for pattern in hub.allow)


def _counter(count: CountBytes) -> type[Any]:
    """The progress bar class that the library wants, which counts instead of drawing."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    class Counter(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})
            self.arrived = int(kwargs.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            self.arrived += int(n or 0)
            count(self.arrived)

    return Counter


def _check(file: RepoSibling, path: Path) -> None:
    if file.lfs is None:
        return
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != file.lfs.sha256:
        raise ChecksumMismatch(f"{file.rfilename}: sha256 {found} arrived, {file.lfs.sha256} was expected")
