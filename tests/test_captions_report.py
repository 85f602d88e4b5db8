"""The page of a batch: what is in it, what hostile text does to it, and how it behaves in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import browser
import numpy as np
import pytest
from media_files import tone

from assistant.captions.cue import Cue
from assistant.captions.report import ReportEntry, peaks, write_report
from assistant.captions.transcript import Transcript
from assistant.errors import FileUnusable
from models import audio
from models.errors import AudioError
from models.types import Audio, Word

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'> \u2028 & --> ]]> ${x} {{y}}"


@dataclass(frozen=True)
class Broken:
    at_s: float
    cue_number: int
    rule: str
    message: str


WORDS = (Word("Ask", 0.5, 0.8, 0.95), Word("not", 0.9, 1.2, 0.3), Word("what.", 1.3, 1.9, 0.9))
CUES = (Cue(0.5, 2.0, ("Ask not", "what."), WORDS), Cue(2.5, 2.9, ("Far too many letters for so short a time",)))


def entry(title: str = "A talk", media: Path | None = None, **changes: Any) -> ReportEntry:
    heard = Transcript(title, "https://example.org/talk", "en", 4.0, "whisper-base", ())
    broken = (Broken(2.5, 2, "reading speed", "100 characters per second, at most 20 are allowed"),)
    given = {"transcript": heard, "cues": CUES, "violations": broken, "fastest_cps": 20.0, **changes}
    return ReportEntry(title, media, **given)


def written(folder: Path, *entries: ReportEntry) -> str:
    write_report(folder / "report.html", entries)
    return (folder / "report.html").read_text("utf-8")


class Elements(HTMLParser):
    """What a browser makes of a page: the attributes and the content of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", {}, ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attributes, content = self.found[-1]
            self.found[-1] = (tag, attributes, content + data)

    def named(self, name: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, content) for tag, attributes, content in self.found if tag == name]


def blocks(page: str) -> list[dict[str, Any]]:
    return [json.loads(text) for attributes, text in Elements(page).named("script") if "type" in attributes]


def test_the_page_holds_each_recording_with_its_cues_and_problems(tmp_path: Path) -> None:
    page = written(tmp_path, entry(), ReportEntry("Gone", failure="removed: it is no longer there"))
    talk, gone = blocks(page)
    assert (talk["title"], talk["language"], talk["model"], talk["duration_s"]) == ("A talk", "en", "whisper-base", 4.0)
    assert talk["cues"] == [
        [0.5, 2.0, 0.717, [["Ask ", ["not"]], ["what."]], 8.67],
        [2.5, 2.9, None, [["Far too many letters for so short a time"]], 100.0],
    ]
    assert talk["violations"] == [[2.5, 2, "reading speed", "100 characters per second, at most 20 are allowed"]]
    assert (gone["title"], gone["failure"], gone["cues"]) == ("Gone", "removed: it is no longer there", [])


def test_the_page_loads_nothing_and_allows_only_its_own_script_and_style(tmp_path: Path) -> None:
    elements = Elements(written(tmp_path, entry()))
    (policy,) = (a["content"] for a, _ in elements.named("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in ("script", "style"):
        (own,) = (text for attributes, text in elements.named(name) if "type" not in attributes)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    loaded = [
        value for _, attributes, _ in elements.found for key, value in attributes.items() if key in ("src", "href")
    ]
    assert loaded == ["data:,"]


def test_hostile_text_is_text_in_one_block(tmp_path: Path) -> None:
    hostile = entry(
        HOSTILE, cues=(Cue(0, 1, (HOSTILE,)),), violations=(Broken(0, 1, HOSTILE, HOSTILE),), failure=HOSTILE
    )
    page = written(tmp_path, hostile)
    (block,) = blocks(page)
    assert block["title"] == HOSTILE.replace("\u2028", " ").replace("   ", "   ")
    assert block["violations"][0][2:] == [HOSTILE, HOSTILE]
    assert block["failure"] == HOSTILE
    assert len(Elements(page).named("script")) == 2
    assert not Elements(page).named("img")


@pytest.mark.parametrize(
    "source", ["javascript:alert(1)", "data:text/html,x", "/home/somebody/talk.mp3", "file:///etc/passwd"]
)
def test_only_web_addresses_become_links(tmp_path: Path, source: str) -> None:
    (block,) = blocks(written(tmp_path, entry(transcript=Transcript("x", source, "en", 1.0, "m", ()))))
    assert (block["source"], block["link"]) == (source, None)


@pytest.mark.parametrize("name", ["talk.mp4", "javascript:alert(1).wav", "a b#c?d%20é🎉.wav", "'\"<x>.wav"])
def test_the_recording_is_linked_to_relatively(tmp_path: Path, name: str) -> None:
    (block,) = blocks(written(tmp_path, entry(media=tmp_path / "media" / name)))
    assert unquote(block["media"]) == f"media/{name}"
    assert not re.search("[:?#<>\"' ]", block["media"])
    assert block["is_video"] == (name == "talk.mp4")


def test_nothing_is_left_where_the_page_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(FileUnusable, match=r"report\.html cannot be written"):
        write_report(tmp_path / "report.html", [entry()])
    with pytest.raises(FileUnusable, match="cannot be written"):
        write_report(tmp_path / "none" / "report.html", [entry()])
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_peaks_follow_the_loudness(tmp_path: Path) -> None:
    loud = tone(16_000, 1.0).samples
    samples = np.concatenate([loud, np.zeros(8000, np.float32), loud / 4])
    audio.write_wav(tmp_path / "x.wav", Audio(samples, 16_000))
    found = peaks(tmp_path / "x.wav")
    values = np.frombuffer(found.values, np.uint8)
    assert found.interval_s == 0.01
    assert len(values) == 250
    assert values[5:95].min() > 120
    assert values[105:145].max() <= 1
    assert 25 < values[155:245].mean() < 35


def test_a_long_recording_has_no_more_peaks_than_a_page_can_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.captions.report.loudness._ENOUGH", 100)
    samples = np.zeros(16_000 * 33 + 77, np.float32)
    samples[16_000 * 20 : 16_000 * 20 + 160] = 1
    audio.write_wav(tmp_path / "x.wav", Audio(samples, 16_000))
    found = peaks(tmp_path / "x.wav")
    assert 100 <= len(found.values) <= 200
    assert found.interval_s * len(found.values) == pytest.approx(33.005, abs=found.interval_s)
    assert int(np.argmax(np.frombuffer(found.values, np.uint8))) == int(20 / found.interval_s)


def test_peaks_of_what_is_no_recording_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        peaks(tmp_path / "none.wav")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[browser.Page]:
    media = tmp_path / "media" / "a talk.wav"
    media.parent.mkdir()
    audio.write_wav(media, tone(16_000, 4.0))
    hostile = entry(HOSTILE, cues=(Cue(0, 1, (HOSTILE,)),), violations=(Broken(0, 1, HOSTILE, HOSTILE),))
    failed = ReportEntry(HOSTILE, failure=HOSTILE)
    write_report(tmp_path / "report.html", [entry("A talk", media, peaks=peaks(media)), hostile, failed])
    with browser.page(tmp_path) as opened:
        opened.open((tmp_path / "report.html").as_uri())
        yield opened


@pytest.mark.browser
def test_in_a_browser_text_sound_and_picture_move_together(page: browser.Page) -> None:
    page.wait("document.querySelector('audio').readyState >= 1")
    assert page.run("document.querySelector('audio').duration") == pytest.approx(4.0, abs=0.05)
    page.run("document.querySelectorAll('.cues button')[1].click()")
    page.wait("document.querySelector('.on-screen').innerText.startsWith('Far too many')")
    assert page.run("document.querySelector('audio').currentTime") == pytest.approx(2.5, abs=0.01)
    assert page.run("document.querySelector('.cues [aria-current] time').textContent") == "0:02.5"

    page.run("document.querySelector('audio').currentTime = 1.0")  # as a person does with the player
    page.wait("document.querySelector('.on-screen').innerText === 'Ask not\\nwhat.'")
    page.press(".")
    page.wait("document.querySelector('audio').currentTime === 2.5")
    page.press(",")
    page.wait("document.querySelector('audio').currentTime === 0.5")
    page.run("document.querySelector('.problems button').click()")
    page.wait("document.querySelector('audio').currentTime === 2.5")
    page.run("document.querySelector('canvas').focus()")
    page.press("ArrowLeft")
    page.wait("document.querySelector('audio').currentTime === 1.5")
    assert page.run("document.querySelectorAll('.cues .fast').length") == 1
    assert page.run("document.querySelector('.cues u').textContent") == "not"
    assert page.errors == []


@pytest.mark.browser
def test_in_a_browser_the_sound_is_drawn_in_the_colours_of_its_cues(page: browser.Page) -> None:
    pixels = (
        "(() => {{ const sound = document.querySelector('canvas'); return [...sound.getContext('2d').getImageData("
        "Math.round(sound.width * {} / 4), sound.height / 2, 12, 1).data] }})()"
    )
    spoken, silent = (np.reshape(page.run(pixels.format(at_s)), (12, 4)) for at_s in (1.2, 3.5))
    drawn = page.run("colour('unsure')"), page.run("colour('quiet')")  # 0.717 is the confidence of the first cue
    for found, expected in zip((spoken, silent), drawn, strict=True):
        assert [*bytes.fromhex(expected[1:]), 255] in found.tolist()


@pytest.mark.browser
def test_in_a_browser_hostile_text_is_shown_as_it_is(page: browser.Page) -> None:
    shown = re.sub(r"\s+", " ", HOSTILE)
    for number in (2, 3):
        page.run(f"location.hash = '#{number}'")
        page.wait("document.querySelector('h2').innerText.startsWith('</script>')")
        assert re.sub(r"\s+", " ", page.run("document.querySelector('h2').innerText")) == shown
    assert shown in re.sub(r"\s+", " ", page.run("document.querySelector('.notice').innerText"))
    assert page.run("typeof window.hacked") == "undefined"
    assert page.run("document.querySelectorAll('#detail img, #list img').length") == 0
    assert page.errors == []


@pytest.mark.browser
def test_in_a_browser_recordings_are_found_by_name_and_by_problem(page: browser.Page) -> None:
    names = "[...document.querySelectorAll('#list .title')].map((title) => title.innerText.slice(0, 6))"
    assert page.run(names) == ["A talk", "</scri", "</scri"]
    page.run("const f = document.querySelector('#filter'); f.value = 'TALK'; f.dispatchEvent(new Event('input'))")
    assert page.run(names) == ["A talk"]
    page.run(
        "f.value = ''; f.dispatchEvent(new Event('input'));document.querySelector('#list li:last-child button').click()"
    )
    page.wait("document.querySelector('.notice') !== null")
    assert page.run("document.querySelector('#list [aria-current] .state').getAttribute('aria-label')") == "failed"


@pytest.mark.browser
def test_in_a_browser_the_page_fits_a_phone(page: browser.Page) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    for number in (1, 2, 3):
        page.run(f"location.hash = '#{number}'")
        page.wait(f"document.querySelector('#list li:nth-child({number}) [aria-current]') !== null")
        assert page.run("document.documentElement.scrollWidth") == 360
