"""What `assistant bench serve` measures: callers who speak in real time, on scripted engines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import SCRIPTED, run_here
from live import MORE, QUESTION, STT, replies, said, silence
from realtime_server import serving

from assistant.bench import browser, page, serve
from assistant.bench.browser import PageSound
from assistant.bench.caller import call
from models.audio import write_wav
from models.types import Audio, joined

# What Chromium does against noise changes the tones that stand for words; this is speech.
_SPEECH = Path(__file__).parents[1] / "examples" / "questions" / "capital.wav"


async def test_a_caller_waits_for_each_answer_and_hears_it_to_its_end(tmp_path: Path) -> None:
    questions = [joined([said(phrase), silence(0.5)]) for phrase in (QUESTION, MORE)]
    async with serving(tmp_path, STT, replies("One two three four five.", "Six seven.")) as server:
        first, second = await call(server.address, questions)
    # Nobody answers before the question is over, and nobody is asked again before the answer is.
    assert 0 < first.voice_to_voice_s < 20
    assert 0 < second.voice_to_voice_s < 20
    assert second.end_s - first.end_s > questions[1].duration_s


def test_all_conversations_are_counted_and_share_the_engines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "CONVERSATIONS", (1, 2))
    monkeypatch.setattr(serve, "_TURNS_OF_EACH", 1)
    write_wav(tmp_path / "question.wav", joined([said(QUESTION), silence(0.5)]))
    options = ("--json", "--turns", "2", "--only", "crowds", "--questions", tmp_path / "question.wav")
    outcome = run_here(capsys, "bench", "serve", *SCRIPTED, "--set", STT, *options)
    assert outcome.code == 0, outcome.err
    crowds = json.loads(outcome.out)["crowds"]
    assert [crowd["conversations"] for crowd in crowds.values()] == [1, 2]
    for crowd in crowds.values():
        assert (crowd["turns"], crowd["unanswered"]) == (2 * crowd["conversations"], 0)
        assert crowd["voice_to_voice_s"]["n"] == crowd["turns"]
        assert set(crowd["busy"]) >= {"stt", "llm", "tts tone"}
        assert crowd["fairness"] >= 1
        assert crowd["fairness_by_chance"] >= 1
        assert crowd["turns_per_minute"] > 0


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated")  # Gradio, of an option of pandas
def test_the_page_is_measured_beside_a_conversation_without_one_and_when_it_falls_silent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if reason := browser.missing():
        pytest.skip(reason)
    options = ("--json", "--turns", "1", "--only", "page", "stops", "--questions", _SPEECH)
    outcome = run_here(capsys, "bench", "serve", *SCRIPTED, *options)
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    page, stops = report["page"], report["page_stops"]
    assert (page["turns"], page["unanswered"]) == (1, 0)
    assert page["page_s"]["p50"] - page["talk_s"]["p50"] == pytest.approx(page["later_s"]["p50"], abs=0.001)
    assert 0 < page["page_s"]["p50"] < 60
    assert (stops["interruptions"], stops["unnoticed"]) == (1, 0)


def test_where_there_is_no_browser_the_page_is_not_measured_and_it_is_said_why(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    write_wav(tmp_path / "question.wav", said(QUESTION))
    options = ("--json", "--only", "page", "stops", "--questions", tmp_path / "question.wav")
    outcome = run_here(capsys, "bench", "serve", *SCRIPTED, *options)
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert report["page"] == report["page_stops"] == "not measured: there is no Chromium; install the package chromium"


def test_a_sound_is_found_again_in_a_longer_one() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 24_000).astype(np.float32)
    part = Audio(noise[5_000:9_000], 24_000)
    assert browser.place_s(part, Audio(-0.3 * noise, 24_000)) == pytest.approx(5_000 / 24_000)


def test_a_page_falls_silent_where_its_loudspeaker_gets_nothing_for_long() -> None:
    played = np.ones(24_000, np.float32)
    played[6_000:6_100] = 0.0  # zeros of a voice
    played[12_000:20_000] = 0.0
    sound = PageSound(Audio(played, 24_000), Audio(played, 24_000), [(100.0, 24_000)])
    assert page.stopped_s(sound, 100.2) == pytest.approx(0.3)
    assert page.stopped_s(sound, 100.6) is None  # nothing sounded then
    assert page.stopped_s(sound, 100.9) is None  # it went on
