"""Names and terms that somebody has told are known from the first window to the last, in whatever language it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from captions_folder import ENGINES, recording
from command import run_here

from assistant.captions.hearing import HearingOptions, hear
from assistant.workers.worker import Worker, WorkerOptions
from models.registry import create
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions, Word

ASKED: list[str] = []


class Noting:
    """Notes what it is told for each window, and leaves out all but the first second."""

    def __init__(self, spec: EngineSpec) -> None:
        """Has no options."""

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        for index, _ in enumerate(windows):
            ASKED.append(options.prompt)
            yield index, Segment("Nora", 0.0, 1.0, options.language or "en", (Word("Nora", 0.0, 1.0, 0.9),))


async def test_every_window_is_offered_the_prompt_also_what_is_heard_again(tmp_path: Path) -> None:
    ASKED.clear()
    path = recording(tmp_path / "a.wav", pause_s=2.5)
    async with Worker(EngineSpec("stt", "noting"), WorkerOptions(mode="inline"), Noting) as ears:
        hearing = hear(path, ears, create(EngineSpec("vad", "scripted")), HearingOptions(prompt="Nora, Nabil."))
        assert [heard async for heard in hearing]
    assert len(ASKED) >= 8
    assert set(ASKED) == {"Nora, Nabil."}


def test_hotwords_follow_the_prompt_and_are_kept_with_the_transcript(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = recording(tmp_path / "a.wav")
    given = (*ENGINES, "--out", tmp_path / "out", "--formats", "json")
    assert run_here(capsys, "captions", source, *given, "--prompt", "A talk.", "--hotwords", " Nora, Nabil ").code == 0
    stored = json.loads((tmp_path / "out" / "a.json").read_text())
    assert stored["hearing"]["prompt"] == "A talk. Nora, Nabil"
    assert "heard with another prompt" in run_here(capsys, "captions", source, *given, "--hotwords", "Nora").out
