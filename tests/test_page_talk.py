"""The Talk tab in a real browser, over scripted engines: heard, said, interrupted, typed, uploaded, drawn."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live import LONG_REPLY, replies
from page_browser import Chromium, loudness, microphone, opened, pauses, question
from page_server import serving_page

from models.audio import write_wav

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its events with an option of pandas that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
]

HEARD = "What is the capital of France?"  # what the scripted recogniser hears, whatever is said
ANSWER = "The capital of France is Paris. It lies on the Seine."
AUDIBLE = 0.02
COUNT_WORDS = """
["span.said", "span.unsaid", "span"]
  .map((words) => document.querySelector(".va-cut .va-text").querySelectorAll(words).length)
"""


def seconds_of(wav: bytes) -> float:
    """How long a file with a header of 44 bytes sounds, at 24 kHz."""
    return (len(wav) - 44) / 2 / 24_000


def test_a_spoken_question_is_written_answered_aloud_and_timed(
    page_address: str, browsers: Chromium, tmp_path: Path
) -> None:
    with (
        browsers.listening_to(microphone(tmp_path / "mic.wav", 1.5, question("capital"), 30.0)) as browser,
        opened(browser, page_address) as page,
    ):
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va-state').textContent.startsWith('Speaking')")
        page.wait("document.querySelector('.va-assistant [aria-busy=false], .va-assistant[aria-busy=false]')")
        assert HEARD in page.text(".va-user .va-text")
        assert page.text(".va-assistant .va-text") == ANSWER
        assert page.page.locator(".va-assistant .said").count() == len(ANSWER.split())
        page.wait("!document.querySelector('.va-bars').hidden")
        assert "way to the page" in page.page.inner_html(".va-times tbody")
        page.wait("document.querySelector('.va-state').textContent === 'Listening'")
        assert page.page.get_attribute(".va-talk", "aria-pressed") == "true"
        sounding = [level for level in loudness(page.heard(tmp_path)) if level > AUDIBLE]
        assert len(sounding) >= 15  # eleven words of 0.2 s
        page.page.click(".va-talk")
        assert page.text(".va-talk-label") == "Talk"


def test_a_second_utterance_silences_the_reply_and_the_text_ends_where_it_did(
    browsers: Chromium, tmp_path: Path
) -> None:
    spoken = question("capital")
    with (
        serving_page(replies(LONG_REPLY)) as address,
        browsers.listening_to(microphone(tmp_path / "mic.wav", 1.5, spoken, 3.5, spoken, 30.0)) as browser,
        opened(browser, address) as page,
    ):
        page.page.click(".va-talk")
        page.wait_for(".va-assistant.va-cut")
        said, unsaid, words = page.page.evaluate(COUNT_WORDS)
        assert 0 < said < len(LONG_REPLY.split())
        assert said + unsaid == words
        assert page.text(".va-cut-note >> nth=0") == "interrupted here"
        page.page.click(".va-talk")  # the microphone is given back; what comes now is the second reply
        page.wait("document.querySelectorAll('.va-assistant').length === 2")
        page.wait("document.querySelectorAll('.va-assistant')[1].querySelector('.said')")
        # Both voices are kept, each turn with its time; of the reply only what was heard, word for word.
        with page.downloaded() as archive:
            names = archive.namelist()
            lines = archive.read("conversation.txt").decode().splitlines()[::2]
            question_s, reply_s = (seconds_of(archive.read(f"00{turn}.wav")) for turn in ("1-user", "2-assistant"))
        assert names[:4] == ["conversation.txt", "001-user.wav", "002-assistant.wav", "003-user.wav"]
        assert [line.split(": ")[0].split()[1] for line in lines[:3]] == ["You", "Assistant", "You"]
        times = [float(line[2:6]) for line in lines[:3]]
        assert times[0] == 0.0 < times[1] < times[2]
        heard = " ".join(LONG_REPLY.split()[:said])
        assert lines[1].endswith(f"Assistant: {heard} [interrupted here]")
        assert 0.5 < question_s < 5
        assert abs(reply_s / 0.2 - said) < 4  # words of 0.2 s; one may have been heard in part
        # It was silent while the user spoke, for as long as the second reply took to come; the scripted voice itself
        # never pauses.
        assert max(pauses(loudness(page.heard(tmp_path)), AUDIBLE)) >= 5


def test_two_browsers_at_once_get_their_own_answers(echo_address: str, browser: Any) -> None:
    with opened(browser, echo_address) as one, opened(browser, echo_address) as other:
        one.type("Alpha")
        other.type("Bravo")
        for page, word in ((one, "Alpha"), (other, "Bravo")):
            page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
            assert page.text(".va-chat").split() == ["You", word, "Assistant", "You", "said:", word]


def test_what_is_typed_is_text_and_can_be_downloaded_with_its_sound(echo_address: str, browser: Any) -> None:
    hostile = "<img src=x onerror='window.hacked=1'> & <b>bold</b>"
    with opened(browser, echo_address) as page:
        page.type(hostile)
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert hostile in page.text(".va-user .va-text")
        assert page.text(".va-assistant .va-text") == f"You said: {hostile}"
        assert page.page.locator(".va-chat img, .va-chat b").count() == 0
        assert page.page.evaluate("typeof window.hacked") == "undefined"
        with page.downloaded() as archive:
            assert archive.testzip() is None
            assert archive.namelist() == ["conversation.txt", "002-assistant.wav", "times.json"]
            assert hostile in archive.read("conversation.txt").decode()
            reply = io.BytesIO(archive.read("002-assistant.wav")).getvalue()
    assert reply[:4] == b"RIFF"
    assert np.abs(np.frombuffer(reply[44:], np.int16)).max() > 1000


def test_an_idea_is_asked_and_makes_room_for_the_answer(echo_address: str, browser: Any) -> None:
    with opened(browser, echo_address) as page:
        page.page.get_by_role("button", name="What is the capital of France?").click()
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert page.text(".va-assistant .va-text") == "You said: What is the capital of France?"
        assert page.page.locator(".va-ideas").count() == 0
        assert page.page.evaluate("document.activeElement.className") == "va-chat"
        page.page.click(".va-anew")
        page.wait("document.querySelector('.va-ideas')")


def test_nobody_is_given_the_idea_of_a_picture_where_nothing_draws(browsers: Chromium, tmp_path: Path) -> None:
    tables = (Path(__file__).parents[1] / "configs" / "scripted.toml").read_text("utf-8").split("\n[")
    blind = tmp_path / "blind.toml"
    blind.write_text("\n[".join(table for table in tables if not table.startswith("image")), "utf-8")
    with (
        serving_page(profile=str(blind)) as address,
        browsers.listening_to(None) as browser,
        opened(browser, address) as page,
    ):
        assert page.page.locator(".va-ideas button:visible").count() == 2


def test_a_recording_that_is_uploaded_is_answered(page_address: str, browser: Any, tmp_path: Path) -> None:
    write_wav(tmp_path / "question.wav", question("capital"))
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    with opened(browser, page_address) as page:
        page.page.set_input_files(".va-upload", tmp_path / "broken.wav")
        page.wait("document.querySelector('.va-alert').textContent.includes('broken.wav holds no sound')")
        page.page.set_input_files(".va-upload", tmp_path / "question.wav")
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert page.text(".va-user .va-text") == HEARD
        assert page.text(".va-assistant .va-text") == ANSWER
        assert not page.page.is_visible(".va-alert")


def test_the_button_is_held_to_talk_from_the_keyboard(page_address: str, browsers: Chromium, tmp_path: Path) -> None:
    spoken = question("capital")
    with (
        browsers.listening_to(
            microphone(tmp_path / "mic.wav", spoken, spoken, spoken, spoken, spoken, 30.0)
        ) as browser,
        opened(browser, page_address) as page,
    ):
        page.page.check(".va-hold-mode")
        page.page.focus(".va-talk")
        page.page.keyboard.down("Space")
        page.wait("document.querySelector('.va').dataset.state === 'listening'")
        page.page.wait_for_function("window.since ??= performance.now(), performance.now() - window.since > 1500")
        page.page.keyboard.up("Space")
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert page.text(".va-user .va-text") == HEARD


def test_without_permission_for_the_microphone_the_page_says_what_to_do(page_address: str, browsers: Chromium) -> None:
    with browsers.listening_to(None, may_listen=False) as browser, opened(browser, page_address) as page:
        page.page.click(".va-talk")
        page.wait("document.querySelector('.va-alert').textContent.includes('Allow it')")
        assert page.page.get_attribute(".va-talk", "aria-pressed") == "false"


def test_settings_reach_the_conversation(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.page.click(".va-settings summary")
        page.page.fill("[name=max_new_tokens]", "3")
        page.page.select_option("[name=persona]", label="Teacher")
        assert "patient teacher" in page.page.input_value("[name=instructions]")
        assert "Teacher" in page.text(".va-summary")
        assert "scripted" in page.text(".va-profile")
        page.type("Hello")
        page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
        assert page.text(".va-assistant .va-text") == "The capital of"


def test_a_picture_appears_with_its_licence(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.type("Draw a red house by the sea")
        page.wait("document.querySelector('.va-picture[aria-busy=false] img')?.naturalWidth >= 64")  # a preview has 8
        page.picture("drawn")
        assert "house" in page.text(".va-picture figcaption")
        with page.downloaded() as archive:
            (drawn,) = (name for name in archive.namelist() if name.endswith("-picture.png"))
            assert archive.read(drawn).startswith(b"\x89PNG")
            assert "Picture: a red house by the sea" in archive.read("conversation.txt").decode()


def test_the_page_fits_a_phone_and_the_dark(page_address: str, browser: Any) -> None:
    phone = {"width": 360, "height": 740}
    with opened(browser, page_address, viewport=phone, color_scheme="dark", is_mobile=True) as page:
        for tab in ("Captions", "Models", "Talk"):
            page.page.get_by_role("tab", name=tab).click()
            assert page.page.evaluate("document.documentElement.scrollWidth") == 360
        page.picture("phone")
        assert page.page.evaluate("getComputedStyle(document.querySelector('.va-stage')).backgroundColor") == (
            "rgb(27, 29, 35)"
        )
