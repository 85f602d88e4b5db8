"""Recorded conversations about pictures through the real engines of the profile `embedded`."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant import events
from assistant.config import load_profile
from assistant.events import Event, PictureReady
from assistant.pictures.gallery import Gallery
from assistant.pictures.work import Entry
from assistant.recording import read_utterance
from assistant.session import Session
from assistant.stages import Stages
from models.weights.store import Store


@dataclass(frozen=True)
class Talk:
    """What happened, turn by turn, and what it left."""

    turns: list[list[Event]]
    entries: list[Entry]
    gallery: Gallery
    saved: list[bytes]

    def ready(self, turn: int) -> PictureReady:
        (event,) = [event for event in self.turns[turn - 1] if isinstance(event, PictureReady)]
        return event

    def heard(self, turn: int) -> events.FinalTranscript:
        (event,) = [event for event in self.turns[turn - 1] if isinstance(event, events.FinalTranscript)]
        return event

    def reply(self, turn: int) -> str:
        (ended,) = [event for event in self.turns[turn - 1] if isinstance(event, events.TurnEnded)]
        return ended.reply


def held(requests: Sequence[Path], weights: Callable[[str], Path]) -> Iterator[Talk]:
    """For a fixture: the conversation, with a gallery and a folder of pictures of its own."""
    for name in ("silero-vad", "whisper-base", "smollm2-135m-instruct", "piper-joe", "tiny-sd"):
        weights(name)
    folder = Path(tempfile.mkdtemp())
    pictures = folder / "Pictures"
    pictures.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_DATA", str(folder / "data"))
        patch.setenv("XDG_PICTURES_DIR", str(pictures))
        gallery = Gallery()
        turns = asyncio.run(_hold(requests))
        yield Talk(turns, gallery.entries(), gallery, [path.read_bytes() for path in pictures.iterdir()])
    shutil.rmtree(folder)


async def _hold(requests: Sequence[Path]) -> list[list[Event]]:
    profile = load_profile("embedded", ["sampling.seed=5", "vad.threads=1"])
    turns = []
    async with Stages(profile, Store()) as stages:
        session, detector = Session(profile, stages), stages.voice_activity_detector()
        for path in requests:
            utterance = await read_utterance(path, detector, 30.0)
            async with aclosing(session.ask(utterance)) as turn:
                turns.append([event async for event in turn])
    return turns
