"""The page over real weights: a spoken question into the browser's microphone, and what its loudspeaker says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_browser import chromium, microphone, opened, question
from page_server import serving_page

from models.registry import create
from models.types import EngineSpec, Segment, TranscribeOptions

pytestmark = [
    pytest.mark.browser,
    pytest.mark.weights,
    # Gradio counts its events with an option of pandas that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    # openai-whisper does not close what it reads.
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'"),
]


def test_the_answer_that_the_page_plays_is_the_one_that_it_shows(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    for name in ("silero-vad", "smart-turn-v3.2", "smollm2-135m-instruct", "piper-joe"):
        weights(name)
    whisper = weights("whisper-base")
    with (
        serving_page("workers.mode=process", profile="embedded") as address,
        chromium() as browsers,
        browsers.listening_to(microphone(tmp_path / "mic.wav", 4.0, question("capital"), 60.0)) as browser,
        opened(browser, address) as page,
    ):
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert "capital of France" in page.text(".va-user .va-text")
        shown = page.text(".va-assistant .va-text")
        played = page.heard(tmp_path)
    engine = create(EngineSpec("stt", "whisper", "whisper-base", whisper))
    found = engine.transcribe(played, TranscribeOptions("en"))
    heard = " ".join(segment.text for segment in found if isinstance(segment, Segment))
    assert "Paris" in shown
    assert "Paris" in heard
