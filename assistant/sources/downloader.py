"""yt-dlp, opened for one purpose and closed again, with nothing in it that was not asked for.

No configuration file, plugin, external program, cache, archive or .netrc takes part, and the network is reached as
`network` allows.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.sources.item import ItemFailed, Reason
from assistant.sources.rules import SourceRules

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL

    from assistant.sources.network import Network

_log = logging.getLogger(__name__)

# A read that brings nothing ends after this time at the latest; a good line answers within 5 s.
_SOCKET_TIMEOUT_S = 20.0
# Further tries within one download, which goes on where it was broken off. Longer pauses are for the whole batch.
_RETRIES = 2


class _Log:
    """Where yt-dlp's words go: to the log, for those who look for them."""

    def debug(self, message: str) -> None:
        _log.debug("%s", message)

    def warning(self, message: str) -> None:
        _log.debug("%s", message)

    def error(self, message: str) -> None:
        _log.debug("%s", message)  # it is raised too


@contextmanager
def opened(rules: SourceRules, more: Mapping[str, Any] | None = None) -> Iterator[tuple[YoutubeDL, Network]]:
    """
    Args:
        more: further parameters of yt-dlp.

    Raises:
        FileUnusable: the cookies cannot be read.
    """
    import yt_dlp.globals
    from yt_dlp import YoutubeDL

    from assistant.sources.network import Network

    network = Network(rules)

    class GuardedYoutubeDL(YoutubeDL):  # type: ignore[misc]
        def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
            return network.director(super().build_request_director)

    yt_dlp.globals.plugin_dirs.value = []  # a setting of the whole process, read when the first one is made
    with closing(network), GuardedYoutubeDL({**_parameters(rules), **(more or {})}) as ydl:
        yield ydl, network


def _parameters(rules: SourceRules) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "logger": _Log(),
        "quiet": True,
        "noprogress": True,
        "color": "never",
        "socket_timeout": min(_SOCKET_TIMEOUT_S, rules.stalled_s),
        "retries": _RETRIES,
        "fragment_retries": _RETRIES,
        "extractor_retries": _RETRIES,
        "retry_sleep_functions": {"http": _pause_s, "fragment": _pause_s},
        "skip_unavailable_fragments": False,  # a hole in the sound shifts all times after it
        "cachedir": False,
        "allowed_extractors": ["default"] if rules.generic else ["default", "-generic"],
        "external_downloader": "native",
        # No file can be there, so FFmpeg is not found: it would reach the network by itself.
        "ffmpeg_location": os.path.join(os.devnull, "none"),
        "fixup": "never",
        "overwrites": True,
        "updatetime": False,
        "noplaylist": True,
        "geo_bypass": False,  # it would tell sites a false address of the user
        "js_runtimes": {"deno": {"path": deno}} if (deno := deno_path()) else {},
    }
    if not rules.allow_local:
        parameters["proxy"] = ""  # none
    if rules.cookies is not None:
        parameters["cookiefile"] = io.StringIO(rules.cookie_text())  # a file would be written when all is done
    return parameters


def _pause_s(n: int) -> float:
    """0.25 s, then 1 s."""
    return float(0.25 * 4**n)


@functools.cache
def deno_path() -> str:
    """The JavaScript runtime that comes as a Python package, or else the one on PATH; "" without any."""
    if importlib.util.find_spec("deno") is not None:
        from deno import find_deno_bin

        try:
            return str(find_deno_bin())
        except FileNotFoundError:
            _log.debug("the package deno is installed without its program")
    return shutil.which("deno") or ""


def check_tools(extractor: str, name: str) -> None:
    """
    Args:
        extractor: yt-dlp's name for the site.
        name: of the recording, for the message.

    Raises:
        ItemFailed: the site needs a program that is missing.
    """
    if not extractor.lower().startswith("youtube"):
        return
    missing = [] if deno_path() else ["deno"]
    if importlib.util.find_spec("yt_dlp_ejs") is None:
        missing.append("yt-dlp-ejs")
    if missing:
        raise ItemFailed(
            Reason.NO_TOOL,
            f"{name}: YouTube needs {' and '.join(missing)}; install with: pip install {' '.join(missing)}",
        )


@contextmanager
def failing_as(name: str, network: Network) -> Iterator[None]:
    """Turns whatever is raised in the `with` block into an ItemFailed that says why.

    This is a boundary: the extractors of some 1,800 sites raise anything at all on the day on which a site changes.
    """
    from assistant.sources.reasons import failure

    try:
        yield
    except Exception as error:
        raise failure(name, error, network.last_error) from error


def in_folder(folder: Path, on_progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Parameters of a download."""
    return {
        "paths": {"home": str(folder)},
        "outtmpl": {"default": "%(autonumber)s.%(ext)s"},  # the folder is private, so a number is enough
        "progress_hooks": [on_progress],
        "playlist_items": "1",
    }
