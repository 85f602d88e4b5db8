"""Chromium with a recording as its microphone, and what its page hears and plays, sample by sample on one clock."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from models.audio import resample, write_wav
from models.types import Audio, Samples

# Chromium's own fake microphone takes nothing else.
_FAKE_RATE_HZ = 48_000
# Of the page's sound.
_RATE_HZ = 24_000
# For whatever is waited for in the page; eight times what a busy machine takes to open it.
_PATIENCE_MS = 120_000
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required "
    "--use-fake-ui-for-media-stream --use-fake-device-for-media-stream"
).split()
_RECORDER = (Path(__file__).parent / "page_recorder.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class PageSound:
    """What a page heard and played from the moment at which its sound began.

    Attributes:
        heard: by its microphone, after what the browser does against echo and noise.
        played: at its loudspeaker; a device adds its own delay to that.
        pieces: Unix time at which each began, and its samples.
    """

    heard: Audio
    played: Audio
    pieces: Sequence[tuple[float, int]]

    def position_s(self, unix_s: float) -> float:
        """Where in the recording that moment is; its end if it came later."""
        start_s = 0.0
        for began_s, n_samples in self.pieces:
            duration_s = n_samples / _RATE_HZ
            if unix_s < began_s + duration_s:
                return start_s + max(0.0, unix_s - began_s)
            start_s += duration_s
        return start_s


def missing() -> str:
    """What is not installed here; "" if nothing is."""
    if find_spec("playwright") is None:
        return "not measured: playwright is not installed; pip install playwright"
    if _program() is None:
        return "not measured: there is no Chromium; install the package chromium"
    return ""


@asynccontextmanager
async def listening_page(address: str, speech: Audio) -> AsyncIterator[Any]:
    """The page in a window of its own, whose microphone plays the speech once, from the moment at which it is opened.

    Args:
        address: of the server.
        speech: of any rate.
    """
    from playwright.async_api import async_playwright

    with tempfile.TemporaryDirectory(prefix="assistant-") as folder:
        path = Path(folder) / "microphone.wav"
        write_wav(path, resample(speech, _FAKE_RATE_HZ))
        async with async_playwright() as playwright:
            options = [*_OPTIONS, f"--use-file-for-fake-audio-capture={path}%noloop"]
            browser = await playwright.chromium.launch(executable_path=_program(), args=options)
            try:
                page = await browser.new_page(reduced_motion="reduce")
                await page.add_init_script(_RECORDER)
                page.set_default_timeout(_PATIENCE_MS)
                await page.goto(address)
                yield page
            finally:
                await browser.close()


def timed_out() -> type[Exception]:
    """What is raised where a page does not come to what it was waited for."""
    from playwright.async_api import TimeoutError as TimedOut

    return TimedOut


async def sound_of(page: Any) -> PageSound:
    """What it has heard and played so far."""
    found = await page.evaluate("window.recording()")
    return PageSound(
        _audio(found["heard"]),
        _audio(found["played"]),
        [(at_ms / 1000, n_samples) for at_ms, n_samples in found["pieces"]],
    )


def _audio(samples: str) -> Audio:
    return Audio(np.frombuffer(base64.b64decode(samples), np.float32), _RATE_HZ)


def _program() -> str | None:
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def place_s(part: Audio, whole: Audio) -> float:
    """Where in a recording another one is most likely heard: the largest correlation of both; they have one rate."""
    n_samples = len(part.samples) + len(whole.samples)
    product = _spectrum(whole.samples, n_samples) * np.conj(_spectrum(part.samples, n_samples))
    correlation = np.fft.irfft(product, n_samples)[: len(whole.samples)]
    return float(np.argmax(np.abs(correlation))) / whole.sample_rate_hz


def _spectrum(samples: Samples, n_samples: int) -> Any:
    return np.fft.rfft(samples, n_samples)
