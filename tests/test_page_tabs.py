"""The other tabs of the page, its door, and whether everybody can use it, in a real browser."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_browser import DEADLINE_MS, Chromium, opened, question
from page_server import serving_page

from models.audio import write_wav

pytestmark = [
    pytest.mark.browser,
    # Gradio counts its events with an option of pandas that pandas is about to drop.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
]

HEARD = "What is the capital of France?"
KEY = "a-key-of-this-test"


def test_a_recording_becomes_captions_that_are_played_and_downloaded(
    page_address: str, browser: Any, tmp_path: Path
) -> None:
    write_wav(tmp_path / "A <b>talk.wav", question("capital"))
    with opened(browser, page_address) as page:
        page.page.get_by_role("tab", name="Captions").click()
        page.page.set_input_files("input[type=file][data-testid=file-upload]", tmp_path / "A <b>talk.wav")
        page.wait("!document.querySelector('[data-testid=file-upload]')")
        page.page.get_by_role("button", name="Make captions").click()
        page.wait("document.querySelectorAll('.va-cues button').length === 1")
        assert page.text(".va-cues button span") == HEARD
        assert page.page.locator(".va-player h2 b").count() == 0
        page.wait("document.querySelector('.va-player video').duration > 1")
        page.page.click(".va-cues button")
        page.wait("document.querySelector('.va-player video').currentTime > 0.2")
        page.wait("document.querySelector('.va-player video').textTracks[0].cues?.length === 1")
        page.picture("captions")
        with page.page.expect_download() as download:
            page.page.click(".va-files a >> text=SRT")
        assert HEARD in Path(download.value.path()).read_text("utf-8")


@pytest.mark.parametrize("link", ["file:///etc/passwd", "http://127.0.0.1:1/a.mp3", "/etc/passwd"])
def test_a_link_into_the_own_network_or_disk_is_refused(page_address: str, browser: Any, link: str) -> None:
    with opened(browser, page_address) as page:
        page.page.get_by_role("tab", name="Captions").click()
        page.page.get_by_label("Or a link").fill(link)
        page.page.get_by_role("button", name="Make captions").click()
        page.wait("document.querySelector('.va-captions-state').textContent.startsWith('That did not work.')")
        assert page.page.locator(".va-cues button").count() == 0


def test_the_models_tab_shows_licence_and_size(page_address: str, browser: Any) -> None:
    with opened(browser, page_address) as page:
        page.page.get_by_role("tab", name="Models").click()
        row = page.page.locator(".va-store tr", has_text="whisper-base").first
        assert "MIT" in row.inner_text()
        assert "MB" in row.inner_text()


def test_where_the_server_has_a_key_the_page_has_a_door_and_the_conversation_works_behind_it(
    browsers: Chromium,
) -> None:
    with serving_page(keys=(KEY,)) as address, browsers.listening_to(None) as browser:
        assert KEY not in httpx.get(address, timeout=60).text
        assert httpx.get(f"{address}/config", timeout=60).status_code == 401
        wrong = httpx.post(f"{address}/login", data={"username": "assistant", "password": "a wrong one"}, timeout=60)
        assert wrong.status_code == 400
        window = browser.new_context()
        window.set_default_timeout(DEADLINE_MS)
        page = window.new_page()
        page.goto(address)
        page.get_by_label("username").fill("assistant")
        page.get_by_label("password").fill(KEY)
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector(".va-models li", state="attached", timeout=DEADLINE_MS)
        page.fill("#va-text", "Hello")
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.va-assistant[aria-busy=false]')", timeout=DEADLINE_MS)
        window.close()


@pytest.mark.network
def test_axe_finds_no_serious_violation_in_light_and_dark(page_address: str, browser: Any, tmp_path: Path) -> None:
    axe = axe_core(tmp_path)
    for scheme in ("light", "dark"):
        with opened(browser, page_address, color_scheme=scheme) as page:
            page.type("Hello")
            page.wait("document.querySelector('.va-assistant[aria-busy=false]')")
            page.page.click(".va-settings summary")
            page.page.click(".va-protocol > summary")
            page.page.click(".va-protocol li summary >> nth=0")
            page.page.evaluate(axe)
            for tab in ("Talk", "Captions", "Models"):
                page.page.get_by_role("tab", name=tab).click()
                found = page.page.evaluate("axe.run()")["violations"]
                serious = [
                    (one["id"], [node["html"][:200] for node in one["nodes"]])
                    for one in found
                    if one["impact"] in ("serious", "critical")
                ]
                assert serious == [], json.dumps(serious, indent=1)


def axe_core(folder: Path) -> str:
    """The script of axe-core, from the npm registry that this machine uses."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm, with which axe-core is fetched")
    packed = subprocess.run(
        [npm, "pack", "axe-core@4.10.3", "--silent"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    if packed.returncode and not os.environ.get("CI"):
        pytest.skip(f"axe-core cannot be fetched: {packed.stderr}")
    archive = (folder / packed.stdout.strip().splitlines()[-1]).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        script = files.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode("utf-8")
