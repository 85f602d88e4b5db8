"""Bringing one recording here.

Every download has a `YoutubeDL` and a folder of its own, so nothing that goes wrong with one touches another.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.sources import downloader
from assistant.sources.files import check_media
from assistant.sources.item import Item, ItemFailed, Reason
from assistant.sources.join import join
from assistant.sources.links import extractor_for
from assistant.sources.rules import SourceRules

# What yt-dlp fetches itself, without another program. m3u8_native is HLS.
_PROTOCOLS = ("http", "https", "m3u8_native", "http_dash_segments")
# Captions are drawn into no more lines than this: four times as many bytes are no easier to read.
_TALLEST_PICTURE = 1080


def fetch(item: Item, folder: Path, rules: SourceRules, on_progress: Callable[[float], None]) -> Path:
    """The file with the recording: for a local item the file itself, else a new one in `folder`, whose name is made of
    the key. Nothing is left there of one that fails. Blocks; safe to be called for several items at once.

    Args:
        folder: exists, and is on a disk with space.
        on_progress: called with the share that has arrived, in [0, 1], 0 while the size is unknown; with a picture that
            is kept apart from its sound, once for each. What it raises ends the download and is raised here.

    Raises:
        ItemFailed: the recording cannot be had; says why, and whether another try is worth while.
    """
    name = item.called
    if item.is_local:
        check_media(Path(item.address), name)
        return Path(item.address)
    with _private_folder(folder, name) as private:
        path = _download(item, private, rules, on_progress)
        check_media(path, name)
        ending = path.suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", path.suffix) else ".media"
        return path.replace(folder / f"{hashlib.sha256(item.key.encode()).hexdigest()[:32]}{ending}")


@contextmanager
def _private_folder(within: Path, name: str) -> Iterator[Path]:
    """A new folder, of which nothing is left after the `with` block."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="fetching-", dir=within))
    except OSError as error:
        raise ItemFailed(Reason.OUTPUT, f"{name}: {within} cannot be written to: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(item: Item, folder: Path, rules: SourceRules, on_progress: Callable[[float], None]) -> Path:
    extractor = extractor_for(item.address, rules)
    downloader.check_tools(extractor.ie_key(), item.called)
    watch = _Watch(rules, on_progress)
    wanted = {
        "format": lambda found: formats(found["formats"], with_video=rules.with_video),
        "match_filter": watch.accept,
        **downloader.in_folder(folder, watch.look),
    }
    try:
        with (
            downloader.opened(rules, wanted) as (site, network),
            downloader.failing_as(item.called, network),
        ):
            found = site.extract_info(item.address) or {}
    except ItemFailed:
        if watch.stopped is not None:
            raise watch.stopped from None
        raise
    parts = _arrived(found, folder, item)
    if len(parts) == 1:
        return parts[0]
    picture, sound = parts
    return join(picture, sound, folder / "joined.mkv", item.called)


def formats(offered: Sequence[Mapping[str, Any]], *, with_video: bool) -> Iterator[Mapping[str, Any]]:
    """What to download: one with sound, or a picture and its sound.

    Args:
        offered: yt-dlp's formats, the worst first. What it does not know of one is taken to be there.
    """
    known = [each for each in reversed(offered) if str(each.get("protocol")) in _PROTOCOLS]
    heard = [each for each in known if each.get("acodec") != "none"]
    seen = [each for each in known if each.get("vcodec") != "none"]
    sound_only = [each for each in heard if each not in seen]
    low_enough = [each for each in seen if (each.get("height") or 0) <= _TALLEST_PICTURE] or seen
    if not heard:
        return
    if not with_video or not seen:
        yield (sound_only or heard)[0]
    elif low_enough[0] in heard:
        yield low_enough[0]
    else:
        yield from (low_enough[0], (sound_only or heard)[0])


class _Watch:
    """Looks at a download from beginning to end, and ends it where a rule is broken."""

    def __init__(self, rules: SourceRules, on_progress: Callable[[float], None]) -> None:
        self._rules, self._on_progress = rules, on_progress
        self.stopped: BaseException | None = None

    def accept(self, found: Mapping[str, Any], *, incomplete: bool = False) -> None:
        """Called by yt-dlp before the download, with what is known by then.

        Raises:
            ItemFailed: LIVE, TOO_LONG.
        """
        if found.get("is_live") or found.get("live_status") in ("is_live", "is_upcoming", "post_live"):
            raise ItemFailed(Reason.LIVE, f"{found.get('title')}: live or not yet broadcast; try again when it is over")
        if (length_s := found.get("duration") or 0) > self._rules.longest_s:
            limit = f"the limit is {self._rules.longest_s / 3600:g} h"
            raise ItemFailed(Reason.TOO_LONG, f"{found.get('title')} takes {length_s / 3600:.1f} h; {limit}")

    def look(self, at: Mapping[str, Any]) -> None:
        """Called by yt-dlp with every piece that arrives.

        Raises:
            ItemFailed: TOO_LARGE.
            BaseException: what `on_progress` raises.
        """
        here, whole = at.get("downloaded_bytes") or 0, at.get("total_bytes") or 0
        if max(here, whole) > self._rules.largest_bytes:
            size = f"{max(here, whole) / 1e9:.3g} GB or more; the limit is {self._rules.largest_bytes / 1e9:g} GB"
            raise ItemFailed(Reason.TOO_LARGE, f"{at.get('filename')} has {size}")
        whole = whole or at.get("total_bytes_estimate") or 0
        try:
            self._on_progress(min(1.0, here / whole) if whole else 0.0)
        except BaseException as stop:
            self.stopped = stop
            raise


def _arrived(found: Mapping[str, Any], folder: Path, item: Item) -> list[Path]:
    """
    Raises:
        ItemFailed: yt-dlp is content, and yet there is no file.
    """
    name = item.called
    if "entries" in found:  # a page with several; listing it would have given each of them
        found = next(iter(found["entries"]), {}) or {}
    paths = [Path(download["filepath"]) for download in found.get("requested_downloads") or ()]
    if not paths:
        raise ItemFailed(Reason.BROKEN, f"{name}: nothing was downloaded, and yt-dlp does not say why", retry=True)
    for path in paths:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ItemFailed(Reason.REFUSED, f"{name}: the download wanted to be written to {path}")
    return paths
