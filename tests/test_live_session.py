"""Live conversations over scripted engines, on a virtual clock."""

from pathlib import Path
from typing import Any

import numpy as np

from assistant import events
from assistant.config import load_profile
from assistant.events import Event
from assistant.live_session import LiveSession
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_card import VirtualCard
from assistant.virtual_clock import run
from models.store import Store
from models.types import Audio

RATE = 16_000


def sound(*parts: float) -> list[Audio]:
    """Seconds of speech and silence in turn, speech first."""
    levels = [0.1 * (1 - index % 2) for index in range(len(parts))]
    return [Audio(np.full(round(s * RATE), level, np.float32), RATE) for s, level in zip(parts, levels, strict=True)]


def converse(tmp_path: Path, recording: list[Audio], *changes: str) -> tuple[list[Event], Audio, Session]:
    """What happened, what was played (24 kHz, from the first frame on), and what is remembered."""
    happened: list[Event] = []
    played: list[np.ndarray] = []

    async def main() -> Session:
        profile = load_profile("scripted", ["workers.mode=inline", *changes])
        async with Stages(profile, Store(tmp_path)) as stages:
            session = Session(profile, stages)
            card = VirtualCard(recording, lambda: live.is_idle, lambda audio: played.append(audio.samples))
            live = LiveSession.open(session, card, happened.append)
            await live.run()
            return session

    session = run(main())
    return happened, Audio(np.concatenate(played), 24_000), session


def of(kind: type[Any], happened: list[Event]) -> list[Any]:
    return [event for event in happened if isinstance(event, kind)]


def test_a_question_is_answered_and_remembered(tmp_path: Path) -> None:
    happened, played, session = converse(tmp_path, sound(1.0, 0.5))
    print([type(e).__name__ for e in happened])
    assert len(of(events.FinalTranscript, happened)) == 1
    assert len(of(events.TurnEnded, happened)) == 1
    assert np.abs(played.samples).max() > 0.1
    assert session.conversation.last_reply == "The capital of France is Paris. It lies on the Seine."
