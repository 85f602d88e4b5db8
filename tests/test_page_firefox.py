"""The Talk tab in Firefox, whose sound is made otherwise than Chromium's: typed, uploaded, spoken on a sound card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from firefox import ENTER, ESCAPE, firefox
from page_browser import loudness
from page_server import serving_page
from pulse_card import missing_programs, pulse_card

from models.audio import read

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sound,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())}"),
    # Gradio counts its events with an option of pandas that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
]

QUESTION = Path(__file__).parents[1] / "examples" / "questions" / "capital.wav"
ANSWER = "The capital of France is Paris. It lies on the Seine."
AUDIBLE = 0.02
ANSWERS = "[...document.querySelectorAll('.va-assistant .va-text')].map((text) => text.textContent)"


def after(n_answers: int, state: str) -> str:
    """That so many were given to their last word, and that the page is in this state."""
    answers = json.dumps([ANSWER] * n_answers)
    is_so = f"JSON.stringify({ANSWERS}) === JSON.stringify({answers})"
    return f"{is_so} && document.querySelector('.va').dataset.state === '{state}'"


def test_in_firefox_one_can_type_upload_and_talk(tmp_path: Path) -> None:
    played = tmp_path / "played.wav"
    with (
        serving_page() as address,
        pulse_card() as card,
        firefox(tmp_path / "profile", card.env) as page,
        card.recording(played),
    ):
        page.open(address)
        page.wait("document.querySelector('.va-models li')")
        page.click("#va-text")
        page.type(f"What is the capital of France?{ENTER}")
        page.wait(after(1, "off"))
        page.choose_file(".va-upload", QUESTION)
        page.wait(after(2, "off"))
        page.click(".va-talk")
        page.wait(after(2, "listening"))
        card.say(QUESTION)
        page.wait(after(3, "listening"))
        page.wait("document.querySelectorAll('.va-bars tbody tr').length === 1")  # of the spoken turn
        page.type(ESCAPE)
        page.wait(after(3, "off"))
        assert page.run("document.querySelector('.va-alert').hidden")
        assert page.errors == []
        assert [url for url in page.requests if not url.startswith((address, address.replace("http", "ws")))] == []
    sounding = [level for level in loudness(read(played, 16_000)) if level > AUDIBLE]
    assert len(sounding) >= 3 * 15  # eleven words of 0.2 s, three times
