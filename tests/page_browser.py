"""Chromium with a recording as its microphone, which notes what the page plays, asks for and complains of."""

from __future__ import annotations

import base64
import io
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.audio import resample, write_wav
from models.audio.file import read
from models.types import Audio

DEADLINE_MS = 180_000
_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
).split()
_FAKE_MICROPHONE = "--use-fake-device-for-media-stream"
_FAKE_RATE_HZ = 48_000
_PICTURES = Path(__file__).parents[1] / "out"
_QUESTIONS = Path(__file__).parents[1] / "examples" / "questions"

# Whatever goes to the loudspeaker also goes to a recorder.
_TAP = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode) {
    const copy = this.context.createMediaStreamDestination();
    connect.call(this, copy);
    window.recorder = new MediaRecorder(copy.stream);
    window.recorded = [];
    window.recorder.ondataavailable = ({ data }) => window.recorded.push(data);
    window.recorder.start(100);
  }
  return connect.call(this, target, ...rest);
};
"""
_RECORDED = """async () => {
  await new Promise((resolve) => { window.recorder.onstop = resolve; window.recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(window.recorded).arrayBuffer());
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters);
}"""


def question(name: str) -> Audio:
    """A recorded question of the project, 16 kHz."""
    return read(_QUESTIONS / f"{name}.wav", 16_000)


def microphone(path: Path, *parts: Audio | float) -> Path:
    """A recording for the fake microphone. @param parts: speech, and seconds of silence."""
    pieces = [
        np.zeros(round(part * _FAKE_RATE_HZ), np.float32)
        if isinstance(part, float)
        else resample(part, _FAKE_RATE_HZ).samples
        for part in parts
    ]
    write_wav(path, Audio(np.concatenate(pieces), _FAKE_RATE_HZ))
    return path


@dataclass
class Opened:
    """A page, and all that it did which a good page does not."""

    page: Any
    home: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).inner_text())

    def wait(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=DEADLINE_MS)

    def wait_for(self, selector: str) -> None:
        self.page.wait_for_selector(selector, timeout=DEADLINE_MS)

    def type(self, text: str) -> None:
        self.page.fill("#va-text", text)
        self.page.keyboard.press("Enter")

    def picture(self, name: str) -> None:
        """Keeps what it looks like, for people."""
        _PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=_PICTURES / f"page-{name}.png")

    def downloaded(self) -> zipfile.ZipFile:
        """The conversation, as it is offered for download."""
        with self.page.expect_download() as download:
            self.page.click(".va-download")
        return zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))

    def heard(self, folder: Path) -> Audio:
        """All that was played so far, 16 kHz."""
        (folder / "played.webm").write_bytes(base64.b64decode(self.page.evaluate(_RECORDED)))
        return read(folder / "played.webm", 16_000)


class Chromium:
    """Browsers, started as they are needed. Playwright allows one of these at a time."""

    def __init__(self, playwright: Any, program: str) -> None:
        self._playwright, self._program = playwright, program

    @contextmanager
    def listening_to(
        self, speech: Path | None, *more: str, may_listen: bool = True, has_microphone: bool = True
    ) -> Iterator[Any]:
        """A browser whose microphone is a recording, which it plays once. @param more: options of Chromium."""
        options = [*_OPTIONS, *more, "--use-fake-ui-for-media-stream" if may_listen else "--deny-permission-prompts"]
        if has_microphone:
            options.append(_FAKE_MICROPHONE)
        if speech:
            options.append(f"--use-file-for-fake-audio-capture={speech}%noloop")
        browser = self._playwright.chromium.launch(executable_path=self._program, args=options, timeout=DEADLINE_MS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Skips where there is no Chromium."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium; install Debian's package chromium")
    with sync_playwright() as playwright:
        yield Chromium(playwright, program)


@contextmanager
def opened(browser: Any, address: str, **context: Any) -> Iterator[Opened]:
    """The page in a window of its own, once it is alive. At its end it must have done nothing wrong."""
    window = browser.new_context(**{"viewport": {"width": 1240, "height": 900}, "reduced_motion": "reduce", **context})
    window.set_default_timeout(DEADLINE_MS)
    window.add_init_script(_TAP)
    page = window.new_page()
    found = Opened(page, address)
    page.on("console", lambda message: message.type == "error" and found.errors.append(message.text))
    page.on("pageerror", lambda error: found.errors.append(str(error)))

    def asked(request: Any) -> None:
        if not request.url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
            found.strangers.append(request.url)

    page.on("request", asked)
    page.goto(address)
    try:
        page.wait_for_selector(".va-models li", state="attached", timeout=DEADLINE_MS)
        yield found
        assert found.errors == []
        assert found.strangers == []
    finally:
        window.close()


def pauses(levels: Sequence[float], audible: float) -> list[int]:
    """How many tenths of a second each silence between two sounds lasts."""
    sounding = [at for at, level in enumerate(levels) if level > audible]
    return [later - earlier - 1 for earlier, later in pairwise(sounding)]


def loudness(audio: Audio) -> Sequence[float]:
    """Root mean square of each tenth of a second."""
    step = audio.sample_rate_hz // 10
    whole = audio.samples[: len(audio.samples) // step * step].reshape(-1, step)
    return [float(value) for value in np.sqrt((whole**2).mean(axis=1))]
