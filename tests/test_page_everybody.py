"""The page for everybody: without a mouse, without a microphone, on a phone, with a slow line, after a new start."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live import LONG_REPLY, replies
from page_browser import DEADLINE_MS, Chromium, loudness, microphone, opened, question
from page_server import serving_page

from models.audio import write_wav
from models.types import Audio

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its events with options of pandas that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

KEY = "a-key-of-this-test"
AUDIBLE = 0.02
ANSWERED = "document.querySelector('.va-assistant[aria-busy=false]')"
# What has focus, by the class that says what it is.
FOCUSED = "document.activeElement.className.match(/va-[a-z-]+$/)?.[0] ?? document.activeElement.tagName.toLowerCase()"
# Every stream that the page is given.
NOTE_STREAMS = """
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.streams = [];
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await given(wanted);
  window.streams.push(stream);
  return stream;
};
0; // a function would be called
"""


def without_pauses(speech: Audio) -> Audio:
    """Its loud tenths of a second, so that no turn ends in it by itself."""
    step = speech.sample_rate_hz // 10
    loud = [at for at, level in enumerate(loudness(speech)) if level > AUDIBLE]
    return Audio(np.concatenate([speech.samples[at * step : (at + 1) * step] for at in loud]), speech.sample_rate_hz)


@contextmanager
def program(*options: str) -> Iterator[str]:
    """`assistant demo` in a process of its own, which ends as others do; yields its address."""
    command = [
        sys.executable,
        "-m",
        "assistant",
        "demo",
        "--profile",
        "scripted",
        "--no-browser",
        "--port",
        "0",
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[0]
        finally:
            process.send_signal(signal.SIGINT)


def test_all_of_the_talk_tab_is_used_from_the_keyboard(browsers: Chromium, tmp_path: Path) -> None:
    with (
        serving_page(replies(LONG_REPLY)) as address,
        browsers.listening_to(microphone(tmp_path / "mic.wav", 60.0)) as browser,
        opened(browser, address) as page,
    ):
        keys = page.page.keyboard
        page.page.focus(".va-talk")
        found = []
        for _ in range(9):
            found.append(page.page.evaluate(FOCUSED))
            keys.press("Tab")
        ideas = ["va-tool", "va-tool", "va-picture-idea"]
        assert found == ["va-talk", "va-hold-mode", "va-upload", "va-chat", *ideas, "input", "va-send"]
        assert page.page.evaluate("document.activeElement.tagName") == "SUMMARY"
        keys.press("Enter")
        page.wait("document.querySelector('.va-settings').open")
        page.page.focus(".va-talk")
        keys.press("Space")
        page.wait("document.querySelector('.va').dataset.state === 'listening'")
        keys.press("Escape")
        page.wait("document.querySelector('.va').dataset.state === 'off'")
        page.type("Tell me something long")
        page.wait("document.querySelector('.va-assistant .said')")
        keys.press("Escape")
        page.wait_for(".va-assistant.va-cut")
        assert page.page.locator(".va-cut .said").count() < len(LONG_REPLY.split())
        page.wait("document.querySelector('.va').dataset.state === 'off'")


def test_who_thinks_better_of_it_is_not_listened_to(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.page.evaluate(NOTE_STREAMS)
        page.page.evaluate("for (let click = 0; click < 4; click++) document.querySelector('.va-talk').click()")
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va').dataset.state === 'listening'")
        page.page.click(".va-talk")
        assert page.page.get_attribute(".va-talk", "aria-pressed") == "false"
        page.wait("window.streams.length === 3")
        page.wait("window.streams.every((stream) => stream.getTracks().every((track) => track.readyState === 'ended'))")


def test_what_was_said_before_the_microphone_is_turned_off_is_answered(
    page_address: str, browsers: Chromium, tmp_path: Path
) -> None:
    recording = microphone(tmp_path / "mic.wav", 1.0, *[without_pauses(question("capital"))] * 12)
    with browsers.listening_to(recording) as browser, opened(browser, page_address) as page:
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va-user.va-partial')")
        page.page.click(".va-talk")
        page.wait(ANSWERED)
        page.wait("document.querySelector('.va').dataset.state === 'off'")
        assert page.page.locator(".va-partial").count() == 0
        assert not page.page.is_visible(".va-alert")


def test_a_microphone_that_is_unplugged_is_said(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.page.evaluate(NOTE_STREAMS)
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va').dataset.state === 'listening'")
        page.page.evaluate("window.streams[0].getTracks()[0].dispatchEvent(new Event('ended'))")
        page.wait("document.querySelector('.va-alert').textContent.startsWith('The microphone is gone')")
        assert page.page.get_attribute(".va-talk", "aria-pressed") == "false"


def test_without_a_microphone_the_page_says_so_and_typing_works(page_address: str, browsers: Chromium) -> None:
    with browsers.listening_to(None, has_microphone=False) as browser, opened(browser, page_address) as page:
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va-alert').textContent.startsWith('No microphone was found')")
        page.type("Hello")
        page.wait(ANSWERED)
        assert not page.page.is_visible(".va-alert")


def test_without_https_the_page_says_what_to_do_and_answers_in_writing(browsers: Chromium) -> None:
    elsewhere = "--host-resolver-rules=MAP voice.example 127.0.0.1"
    with serving_page(keys=(KEY,)) as address, browsers.listening_to(None, elsewhere) as browser:
        window = browser.new_context()
        page = window.new_page()
        page.goto(address.replace("127.0.0.1", "voice.example"))
        page.get_by_label("username").fill("assistant")
        page.get_by_label("password").fill(KEY)
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector(".va-models li", state="attached", timeout=DEADLINE_MS)
        page.click(".va-talk")
        page.wait_for_selector(".va-alert:has-text('https')", timeout=DEADLINE_MS)
        page.fill("#va-text", "Hello")
        page.keyboard.press("Enter")
        page.wait_for_function(ANSWERED, timeout=DEADLINE_MS)
        assert not page.is_visible(".va-alert")
        assert page.locator(".va-profile select").is_disabled()
        window.close()


def test_nothing_moves_for_who_wants_that(page_address: str, browser: Any) -> None:
    still = """() => {
      const seen = document.querySelector('.va-ring').toDataURL();
      const is = window.seen === seen;
      window.seen = seen;
      return is;
    }"""
    with opened(browser, page_address) as page:
        page.page.evaluate("document.querySelector('.va-talk').scrollIntoView()")
        page.page.wait_for_function(still, timeout=DEADLINE_MS)
        assert (
            page.page.evaluate("getComputedStyle(document.querySelector('.va-talk-face')).transitionDuration") == "0s"
        )
    with opened(browser, page_address, reduced_motion="no-preference") as page:
        page.page.evaluate("window.seen = document.querySelector('.va-ring').toDataURL()")
        page.wait("document.querySelector('.va-ring').toDataURL() !== window.seen")


def test_nothing_is_wider_than_a_small_phone(echo_address: str, browser: Any, tmp_path: Path) -> None:
    write_wav(tmp_path / "question.wav", question("capital"))
    with opened(browser, echo_address, viewport={"width": 320, "height": 640}, is_mobile=True) as page:
        page.type("w" * 300 + " שלום עולם")
        page.wait(ANSWERED)
        page.page.click(".va-settings summary")
        for tab in ("Models", "Captions", "Talk"):
            page.page.get_by_role("tab", name=tab).click()
            page.picture(f"small-phone-{tab.lower()}")
            assert page.page.evaluate("document.documentElement.scrollWidth") == 320
            parts = "[...document.querySelectorAll('.va *, .va-head *')]"
            beyond = f"{parts}.filter((one) => one.getBoundingClientRect().right > 321).map((one) => one.className)"
            assert page.page.evaluate(beyond) == []


def test_previews_are_seen_while_a_picture_is_made(browsers: Chromium) -> None:
    with (
        serving_page("image.options.pause_s=0.3") as address,
        browsers.listening_to(None) as browser,
        opened(browser, address) as page,
    ):
        page.type("Draw a red house by the sea")
        page.wait("document.querySelector('.va-picture[aria-busy=true] img')?.src.startsWith('data:image/jpeg')")
        assert 0 < page.page.evaluate("document.querySelector('.va-picture progress').value") < 1
        page.picture("preview")
        page.wait("document.querySelector('.va-picture[aria-busy=false] img')?.src.startsWith('data:image/png')")


def test_captions_are_stopped_when_the_user_says_so(browsers: Chromium, tmp_path: Path) -> None:
    write_wav(tmp_path / "question.wav", question("capital"))
    with (
        serving_page("stt.options.pause_s=3600") as address,
        browsers.listening_to(None) as browser,
        opened(browser, address) as page,
    ):
        page.page.get_by_role("tab", name="Captions").click()
        page.page.set_input_files("input[type=file][data-testid=file-upload]", tmp_path / "question.wav")
        page.wait("!document.querySelector('[data-testid=file-upload]')")
        page.page.get_by_role("button", name="Make captions").click()
        page.wait("document.querySelector('.va-captions-state').textContent.startsWith('Fetching')")
        assert page.page.get_by_role("button", name="Make captions").is_disabled()
        page.page.get_by_role("button", name="Stop").click()
        page.wait("document.querySelector('.va-captions-state').textContent === 'Stopped.'")
        page.wait_for("button:text('Make captions'):not([disabled])")  # it can be pressed again
        assert not page.page.is_visible(".va-player")


def test_a_link_that_leads_nowhere_is_told_in_plain_words(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.page.get_by_role("tab", name="Captions").click()
        page.page.get_by_label("Or a link").fill("https://nowhere.invalid/talk.mp3")
        page.page.get_by_role("button", name="Make captions").click()
        page.wait("document.querySelector('.va-captions-state').textContent.startsWith('That did not work.')")
        told = page.text(".va-captions-state")
        assert "nowhere.invalid" in told
        assert not {"Traceback", "Errno", "Exception"} & set(told.replace(":", " ").split())


def test_after_a_new_start_of_the_server_the_next_words_begin_a_new_conversation(browsers: Chromium) -> None:
    with browsers.listening_to(None) as browser:
        with program() as address:
            window = browser.new_context()
            page = window.new_page()
            page.goto(address)
            page.wait_for_selector(".va-models li", state="attached", timeout=DEADLINE_MS)
            page.fill("#va-text", "Hello")
            page.keyboard.press("Enter")
            page.wait_for_function(ANSWERED, timeout=DEADLINE_MS)
        page.wait_for_selector(".va-alert:has-text('connection')", timeout=DEADLINE_MS)
        page.fill("#va-text", "Are you there?")
        page.keyboard.press("Enter")
        page.wait_for_selector(".va-alert:has-text('Is the server still running?')", timeout=DEADLINE_MS)
        page.wait_for_function("document.querySelector('#va-text').value === 'Are you there?'")  # nobody types it twice
        with program("--port", address.rpartition(":")[2], "--set", replies("I am new here.")):
            page.fill("#va-text", "Hello again")
            page.keyboard.press("Enter")
            page.wait_for_selector(".va-assistant .va-text:has-text('I am new here.')", timeout=DEADLINE_MS)
            assert not page.is_visible(".va-alert")
            assert "A new conversation begins here" in page.locator(".va-chat").inner_text()
            window.close()


def test_two_tabs_of_one_browser_have_two_conversations(echo_address: str, browser: Any) -> None:
    with opened(browser, echo_address) as one:
        other = one.page.context.new_page()
        other.goto(echo_address)
        other.wait_for_selector(".va-models li", state="attached", timeout=DEADLINE_MS)
        one.type("Alpha")
        other.fill("#va-text", "Bravo")
        other.keyboard.press("Enter")
        for page, word in ((one.page, "Alpha"), (other, "Bravo")):
            page.wait_for_function(ANSWERED, timeout=DEADLINE_MS)
            assert page.inner_text(".va-chat").split() == ["You", word, "Assistant", "You", "said:", word]


def test_a_setting_that_cannot_be_is_pointed_at_and_the_last_good_one_stays(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.page.click(".va-settings summary")
        page.page.fill("[name=max_new_tokens]", "3")
        page.page.fill("[name=max_new_tokens]", "-7")
        page.page.fill("[name=top_p]", "1")
        assert page.page.evaluate("document.querySelector('[name=max_new_tokens]').validity.valid") is False
        page.type("Hello")
        page.wait(ANSWERED)
        assert page.text(".va-assistant .va-text").startswith("The capital of France")
        assert not page.page.is_visible(".va-alert")
