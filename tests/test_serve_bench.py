"""What `assistant bench serve` measures: callers who speak in real time, on scripted engines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import SCRIPTED, run_here
from live import MORE, QUESTION, STT, replies, said, silence
from realtime_server import serving

from assistant.bench import serve
from assistant.bench.caller import call
from models.audio import write_wav
from models.types import joined


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
    write_wav(tmp_path / "question.wav", joined([said(QUESTION), silence(0.5)]))
    options = ("--json", "--turns", "2", "--questions", tmp_path / "question.wav")
    outcome = run_here(capsys, "bench", "serve", *SCRIPTED, "--set", STT, *options)
    assert outcome.code == 0, outcome.err
    crowds = json.loads(outcome.out)["crowds"]
    assert [crowd["conversations"] for crowd in crowds.values()] == [1, 2]
    for crowd in crowds.values():
        assert (crowd["turns"], crowd["unanswered"]) == (2, 0)
        assert crowd["voice_to_voice_s"]["n"] == 2
        assert crowd["fairness"] >= 1
        assert crowd["turns_per_minute"] > 0
