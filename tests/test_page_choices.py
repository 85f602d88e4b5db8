"""What the Talk tab offers to those who want to know or to choose more: events, microphones; and small mishaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live import replies
from page_browser import Chromium, opened
from page_server import serving_page

from models.audio import write_wav
from models.types import Audio

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its events with an option of pandas that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
]

ANSWERED = "document.querySelector('.va-assistant[aria-busy=false]')"
CODE = "Do this:\n\n```python\nif True:\n    go()\n```\n\nThat is all."
# Notes which microphone is asked for.
NOTE_WISHES = """
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.wishes = [];
navigator.mediaDevices.getUserMedia = (wanted) => {
  window.wishes.push(wanted.audio.deviceId?.ideal ?? "");
  return given(wanted);
};
0; // a function would be called
"""


def test_whoever_writes_a_client_sees_the_events_of_both_sides(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.type("Hello")
        page.wait(ANSWERED)
        page.page.click(".va-protocol > summary")
        page.wait_for(".va-protocol li code")
        lines = page.page.locator(".va-protocol li code").all_inner_texts()
        assert lines[0] == "session.update"
        assert lines.index("response.create") < lines.index("response.created") < lines.index("response.done")
        assert lines.count("response.output_audio.delta") == 1  # and how often it came
        assert lines.count("assistant.played") <= 2
        page.page.click(".va-protocol li summary >> nth=0")
        page.wait("document.querySelector('.va-protocol li pre').textContent")
        assert '"type": "realtime"' in page.text(".va-protocol li pre >> nth=0")
        sound = page.page.locator(".va-protocol li", has_text="response.output_audio.delta")
        sound.locator("summary").click()
        page.wait(
            "document.querySelector('.va-protocol ol').textContent.includes('letters)')"
        )  # nobody reads the sound
        page.page.click(".va-anew")
        assert page.page.locator(".va-protocol li").count() == 0


def test_settings_are_remembered_until_the_profile_is_to_say_them_again(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        usual = page.page.input_value("[name=instructions]")
        page.page.click(".va-settings > summary")
        page.page.select_option("[name=persona]", label="Teacher")
        page.page.fill("[name=top_k]", "7")
        page.page.press("[name=top_k]", "Tab")
        told = page.page.input_value("[name=instructions]")
        assert told != usual
        page.page.reload()
        page.page.wait_for_selector(".va-models li", state="attached")
        assert page.page.input_value("[name=instructions]") == told
        assert page.page.input_value("[name=top_k]") == "7"
        assert "Teacher" in page.text(".va-summary")
        page.page.click(".va-settings > summary")
        page.page.click("[type=reset]")
        assert page.page.input_value("[name=instructions]") == usual
        assert page.page.is_disabled("[type=reset]")
        page.page.reload()
        page.page.wait_for_selector(".va-models li", state="attached")
        assert page.page.input_value("[name=top_k]") != "7"


def test_another_microphone_is_chosen_and_remembered(page_address: str, browsers: Chromium) -> None:
    with browsers.listening_to(None) as browser, opened(browser, page_address) as page:
        page.page.evaluate(NOTE_WISHES)
        page.page.click(".va-talk")
        page.wait("document.querySelectorAll('.va-microphone option').length === 3")
        page.wait("!['off', 'waking'].includes(document.querySelector('.va').dataset.state)")
        page.page.click(".va-settings > summary")
        page.page.select_option(".va-microphone select", label="Fake Audio Input 2")
        page.wait("window.wishes.length === 2")
        chosen = page.page.input_value(".va-microphone select")
        assert page.page.evaluate("window.wishes") == ["", chosen]
        page.page.reload()
        page.page.wait_for_selector(".va-models li", state="attached")
        page.page.click(".va-talk")
        page.wait("document.querySelectorAll('.va-microphone option').length === 3")
        assert page.page.input_value(".va-microphone select") == chosen


def test_code_that_is_spoken_looks_like_code(browsers: Chromium) -> None:
    with (
        serving_page(replies(CODE)) as address,
        browsers.listening_to(None) as browser,
        opened(browser, address) as page,
    ):
        page.type("How?")
        page.wait(ANSWERED)
        text = page.page.locator(".va-assistant .va-text")
        assert text.inner_text() == CODE
        assert "".join(text.locator(".va-code").all_text_contents()) == "\nif True:\n    go()\n"
        assert text.locator(".va-fence").all_text_contents() == ["```python", "```"]


def test_a_recording_that_is_too_short_for_a_word_is_told_and_nothing_is_asked(
    page_address: str, browser: Any, tmp_path: Path
) -> None:
    write_wav(tmp_path / "click.wav", Audio(np.full(800, 0.5, np.float32), 16_000))
    with opened(browser, page_address) as page:
        page.page.set_input_files(".va-upload", tmp_path / "click.wav")
        page.wait("!document.querySelector('.va-alert').hidden")
        assert "click.wav ends before a word" in page.text(".va-alert")
        assert page.page.locator(".va-chat li").count() == 0
