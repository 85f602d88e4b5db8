"""`assistant talk` with recordings in place of devices: what it prints, writes and remembers."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from command import CHECKOUT, DEADLINE_S, SCRIPTED, Outcome, run_here

from assistant.apps.talk import until_interrupted
from models.audio import read, write_wav
from models.scripted.speech import spoken
from models.types import Audio

QUESTION, MORE, CALL, CALLED = "What is the capital of France?", "And of Spain?", "Hey Nora.", "Hey Nora, who are you?"
GOODBYE, AGAIN = "Goodbye.", "Start over."
VOCABULARY = [QUESTION, MORE, CALL, CALLED, GOODBYE, AGAIN]
REPLIES = ["The capital of France is Paris.", "The capital of Spain is Madrid."]
SETTINGS = (
    *SCRIPTED,
    *("--set", f"stt.options.vocabulary={json.dumps(VOCABULARY)}"),
    *("--set", f"llm.options.replies={json.dumps(REPLIES)}"),
)


@dataclass(frozen=True)
class Talk:
    """Runs the command in a folder of its own."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, phrases: list[str], *options: str | Path, silence_s: float = 4.0) -> Outcome:
        """Says the phrases, each of them followed by silence, on a virtual clock."""
        recording = self.folder / "said.wav"
        write_wav(recording, said(phrases, silence_s))
        return run_here(self.capsys, "talk", *SETTINGS, "--input", recording, "--fast", *options)

    def events(self, phrases: list[str], *options: str | Path, silence_s: float = 4.0) -> list[dict[str, Any]]:
        path = self.folder / "events.jsonl"
        outcome = self(phrases, "--events", path, *options, silence_s=silence_s)
        assert outcome.code == 0, outcome.err
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Talk:
    return Talk(tmp_path, capsys)


def said(phrases: list[str], silence_s: float) -> Audio:
    silence = np.zeros(round(silence_s * 16_000), np.float32)
    parts = [part for phrase in phrases for part in (spoken([phrase], VOCABULARY).samples, silence)]
    return Audio(np.concatenate([silence, *parts]), 16_000)


def of(kind: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


def test_a_conversation_is_printed_in_plain_lines_where_nobody_watches(talk: Talk) -> None:
    outcome = talk([QUESTION, MORE])
    lines = outcome.out.splitlines()
    assert outcome.code == 0
    assert [line for line in lines if line.startswith(("You", "Assistant"))] == [
        f"You (en): {QUESTION}",
        f"Assistant: {REPLIES[0]}",
        f"You (en): {MORE}",
        f"Assistant: {REPLIES[1]}",
    ]
    assert sum("all spoken" in line for line in lines) == 2
    assert lines[-1] == "Goodbye."
    assert outcome.err == ""


def test_every_event_is_a_line_of_json_with_its_time_and_name(talk: Talk) -> None:
    events = talk.events([QUESTION])
    assert all(list(event)[:2] == ["t_s", "event"] for event in events)
    (final,) = of("FinalTranscript", events)
    assert (final["text"], final["language"]) == (QUESTION, "en")
    assert "".join(event["text"] for event in of("ReplyDelta", events)) == REPLIES[0]
    chunks = of("SpokenAudio", events)
    assert {event["audio"]["sample_rate_hz"] for event in chunks} == {24_000}
    assert sum(event["audio"]["duration_s"] for event in chunks) == pytest.approx(6 * 0.2)


def test_the_output_is_what_would_be_heard_when_it_would_be_heard(talk: Talk) -> None:
    output = talk.folder / "heard.wav"
    events = talk.events([QUESTION], "--output", output)
    heard = read(output, 24_000)
    loud = np.flatnonzero(np.abs(heard.samples) > 0.05)
    assert (loud[-1] - loud[0]) / 24_000 == pytest.approx(6 * 0.2, abs=0.01)
    assert loud[0] / 24_000 == pytest.approx(of("SpokenAudio", events)[0]["t_s"], abs=0.05)
    assert heard.duration_s >= said([QUESTION], 4.0).duration_s


@pytest.mark.parametrize("is_named_twice", [False, True])
def test_a_saved_conversation_is_gone_on_with(talk: Talk, is_named_twice: bool) -> None:
    saved = talk.folder / "saved.jsonl"
    talk([QUESTION], "--save", saved)
    echo = ("--set", 'llm.options.replies=["Second."]')
    talk([MORE], "--resume", saved, *(("--save", saved) if is_named_twice else ()), *echo)
    begun, *turns = [json.loads(line) for line in saved.read_text("utf-8").splitlines()]
    assert list(begun) == ["begun"]
    languages = {"language": "en"}
    assert turns == [
        {"user": QUESTION, "assistant": REPLIES[0], **languages},
        {"user": MORE, "assistant": "Second.", **languages},
    ]


def test_starting_over_is_kept_too(talk: Talk) -> None:
    saved = talk.folder / "saved.jsonl"
    talk([QUESTION, AGAIN, MORE], "--save", saved)
    kinds = [next(iter(json.loads(line))) for line in saved.read_text("utf-8").splitlines()]
    assert kinds == ["begun", "user", "begun", "user"]


def test_goodbye_ends_the_conversation_before_the_recording_does(talk: Talk) -> None:
    events = talk.events([GOODBYE, QUESTION])
    assert [event["text"] for event in of("FinalTranscript", events)] == [GOODBYE]


def test_with_a_wake_phrase_only_what_begins_with_it_or_soon_follows_a_turn_is_answered(talk: Talk) -> None:
    events = talk.events([QUESTION, CALLED, MORE], "--wake", "hey Nora")
    assert [event["text"] for event in of("FinalTranscript", events)] == [CALLED, MORE]
    assert [event["reason"] for event in of("SpeechDropped", events)] == ["not addressed"]
    late = talk.events([CALLED, MORE], "--wake", "hey Nora", silence_s=15.0)
    assert [event["text"] for event in of("FinalTranscript", late)] == [CALLED]


def test_the_wake_phrase_alone_is_answered_by_yes_and_not_remembered(talk: Talk) -> None:
    saved = talk.folder / "saved.jsonl"
    events = talk.events([CALL, QUESTION], "--wake", "hey Nora", "--save", saved)
    assert [event["reply"] for event in of("TurnEnded", events)] == ["Yes?", REPLIES[0]]
    assert saved.read_text("utf-8").count('"user"') == 1


def test_headphones_switch_echo_cancellation_off(talk: Talk) -> None:
    unknown = ("--set", "echo.engine=webrtx")
    assert talk([QUESTION], *unknown).code == 1
    assert talk([QUESTION], *unknown, "--headphones").code == 0


def test_fast_without_a_recording_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capsys, "talk", *SCRIPTED, "--fast")
    assert outcome.code == 2
    assert "--input" in outcome.err


@pytest.mark.parametrize("option", ["--events", "--output", "--save"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_loaded(talk: Talk, option: str) -> None:
    outcome = talk([QUESTION], option, talk.folder / "nowhere" / "file")
    assert outcome.code == 1
    assert "nowhere" in outcome.err
    assert "You" not in outcome.out


@pytest.mark.parametrize("content", ["not json\nat all\n", '{"user": 1}\n', '["turn"]\n'])
def test_resuming_from_some_other_file_is_refused(talk: Talk, content: str) -> None:
    path = talk.folder / "other.txt"
    path.write_text(content)
    outcome = talk([QUESTION], "--resume", path)
    assert outcome.code == 1
    assert "is not a saved conversation" in outcome.err
    assert path.read_text() == content


def test_ctrl_c_says_goodbye_and_leaves_complete_files_and_no_process(tmp_path: Path) -> None:
    recording, events, output = (tmp_path / name for name in ("said.wav", "events.jsonl", "heard.wav"))
    write_wav(recording, said([QUESTION] * 60, 4.0))
    settings = [word.replace("inline", "process") for word in SETTINGS]
    files = ["--input", recording, "--events", events, "--output", output]
    command = [sys.executable, "-m", "assistant", "talk", *settings, *files]
    talking = subprocess.Popen(
        list(map(str, command)), cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: events.exists() and "TurnEnded" in events.read_text("utf-8"))
    workers = psutil.Process(talking.pid).children(recursive=True)
    talking.send_signal(signal.SIGINT)
    out, err = talking.communicate(timeout=DEADLINE_S)
    assert talking.returncode == 0, err
    assert out.splitlines()[-1] == "Goodbye."
    assert err == ""
    assert [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    assert np.abs(read(output, 24_000).samples).max() > 0.1
    assert workers
    assert not psutil.wait_procs(workers, timeout=DEADLINE_S)[1]


def test_a_second_ctrl_c_is_not_waited_for() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()

    async def main() -> None:
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
        await until_interrupted(stubborn())

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
