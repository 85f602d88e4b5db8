"""What several test files need: real recordings, real weights, and the page in a browser."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before torch is imported anywhere: tests share few cores with the workers that they start.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads and fork do not mix

import pytest
from hypothesis import HealthCheck, settings

from models.errors import DownloadFailed
from models.weights.store import Store

if TYPE_CHECKING:
    from page_browser import Chromium

# What an example takes on a busy machine says nothing. Examples are the same in each run, so that a failure comes of a
# change, and comes again; `--hypothesis-profile=searching` tries others.
_ANY_MACHINE: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("searching", **_ANY_MACHINE)
settings.register_profile("repeating", derandomize=True, **_ANY_MACHINE)
settings.load_profile("repeating")

_RECORDINGS = Path(__file__).parents[2] / "shared" / "speech"


@dataclass(frozen=True)
class Clip:
    """A recording and what is said in it."""

    path: Path
    transcript: str
    language: str


@pytest.fixture(scope="session", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests draw, and the certificate that it is signed with, do not come among the user's own."""
    os.environ["ASSISTANT_DATA"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def speech() -> list[Clip]:
    """Real recordings, from the folder that ASSISTANT_SPEECH names (with a manifest.jsonl)."""
    folder = Path(os.environ.get("ASSISTANT_SPEECH", _RECORDINGS))
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        pytest.skip(f"no recordings: {manifest} is missing; set ASSISTANT_SPEECH to a folder that has it")
    rows = [json.loads(line) for line in manifest.read_text("utf-8").splitlines() if line.strip()]
    return [Clip(folder / row["file"], row["transcript"], row["language"]) for row in rows]


@pytest.fixture(scope="session")
def weights() -> Callable[[str], Path]:
    """Pulls weights by name from the user's own store; without a network, skips, except in continuous integration."""
    store = Store()

    def pull(name: str) -> Path:
        try:
            return store.pull(name)
        except DownloadFailed as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"the weights {name} cannot be fetched: {error}")

    return pull


@pytest.fixture(scope="module")
def page_address() -> Iterator[str]:
    """The page over scripted engines."""
    from page_server import serving_page

    with serving_page() as address:
        yield address


@pytest.fixture(scope="module")
def echo_address() -> Iterator[str]:
    """The same; it answers with what was said."""
    from live import replies
    from page_server import serving_page

    with serving_page(replies("")) as address:
        yield address


@pytest.fixture(scope="module")
def browsers() -> Iterator[Chromium]:
    """Of one test file: while Playwright runs, no other event loop may."""
    from page_browser import chromium

    with chromium() as browsers:
        yield browsers


@pytest.fixture(scope="module")
def browser(browsers: Chromium) -> Iterator[Any]:
    """One whose microphone hears nothing of any meaning."""
    with browsers.listening_to(None) as browser:
        yield browser
