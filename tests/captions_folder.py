"""Recordings for scripted engines to caption, and what a user sees of the captions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pysubs2
from command import Outcome

from models import audio
from models.scripted.speech import spoken
from models.types import Audio

# What can be said. Neighbours differ, so that no two of them sound like one.
VOCABULARY = ("one", "two", "three", "four", "five", "six", "seven", "eight")

# Scripted engines in the process of the test, which hear what is really said.
ENGINES = (
    "--profile", "scripted", "--set", "workers.mode=inline",
    "--set", f"stt.options.vocabulary={list(VOCABULARY)}",
)  # fmt: skip


def recording(path: Path, words: Sequence[str] = VOCABULARY, pause_s: float = 0.0) -> Path:
    """A WAV file of these words, each of a second and followed by a pause, whatever the ending of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pause = np.zeros(round(pause_s * 16_000), np.float32)
    said = [part for word in words for part in (spoken([word], VOCABULARY).samples, pause)]
    audio.write_wav(path, Audio(np.concatenate([pause, *said]), 16_000))
    return path


def words_in(captions: Path) -> list[str]:
    """As somebody else's parser reads them, in small letters: captions begin with a capital."""
    lines = (event.plaintext for event in pysubs2.load(str(captions)))
    return re.findall(r"\w+", " ".join(lines).lower())


def files_in(folder: Path) -> list[str]:
    """What people see in it."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def summary(done: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)
    return found


def outcomes(done: Outcome) -> dict[str, str]:
    """Title -> outcome."""
    return {result["title"]: result["outcome"] for result in summary(done)["results"]}
