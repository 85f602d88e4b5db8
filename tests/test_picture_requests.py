"""Requests for pictures in recorded questions, in other languages, and where it is not certain what is wanted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import events
from assistant.config import load_profile
from assistant.events import Event
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.phrases.phrasebook import picture_line
from assistant.pictures.easel import Easel
from assistant.pictures.gallery import Gallery
from assistant.pictures.requests import PictureRequests
from assistant.pictures.wish import Heard
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.pictures import SKETCH_NOTE
from models.types import Audio
from models.weights.store import Store

QUESTION = Audio(np.full(16_000, 0.1, np.float32), 16_000)


@pytest.fixture(autouse=True)
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    return Gallery()


def converse(folder: Path, script: Callable[[Session], Coroutine[Any, Any, None]], *changes: str) -> None:
    async def main() -> None:
        profile = load_profile("scripted", ["workers.mode=inline", *changes])
        async with Stages(profile, Store(folder)) as stages:
            await script(Session(profile, stages))
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


async def ask(session: Session) -> list[Event]:
    async with aclosing(session.ask(QUESTION)) as turn:
        return [event async for event in turn]


def heard_as(*lines: str) -> str:
    return f"stt.options.lines={json.dumps(lines, ensure_ascii=False)}"


def test_a_recorded_question_is_answered_with_a_picture(tmp_path: Path, gallery: Gallery) -> None:
    async def script(session: Session) -> None:
        happened = await ask(session)
        kinds = [type(event).__name__ for event in happened]
        assert kinds.index("SpokenAudio") < kinds.index("PictureReady") < kinds.index("TurnEnded")
        assert happened[-1].reply == "I'm drawing a red apple. Here is a red apple."  # type: ignore[union-attr]
        await ask(session)
        apple, green = gallery.entries()
        assert green.origin.parent == apple.id
        assert "a-green-apple" in green.path.name
        texts = [message.text for message in session.conversation.messages("", "en")[1:-1]]
        assert texts == ["Draw me a red apple.", "I'm drawing a red apple.", "Make it green.", "I'm painting it green."]

    converse(tmp_path, script, heard_as("Draw me a red apple.", "Make it green."), "image.options.pause_s=0.1")


def test_a_recorded_question_that_is_given_up_leaves_no_picture(tmp_path: Path, gallery: Gallery) -> None:
    async def script(session: Session) -> None:
        async with aclosing(session.ask(QUESTION)) as turn:
            async for event in turn:
                if isinstance(event, events.PictureProgress):
                    break
        assert not session.is_drawing
        assert not gallery.entries()

    converse(tmp_path, script, heard_as("Draw me a red apple."), "image.options.pause_s=0.1")


def test_what_is_asked_in_spanish_is_drawn_in_english_and_told_in_spanish(tmp_path: Path, gallery: Gallery) -> None:
    async def script(session: Session) -> None:
        happened = await ask(session)
        assert happened[-1].reply == (  # type: ignore[union-attr]
            "Estoy dibujando un faro al atardecer. Aquí está: un faro al atardecer."
        )
        (entry,) = gallery.entries()
        assert entry.origin.prompt == "a lighthouse at dusk"

    # The second time it is asked for the English.
    lines = heard_as("Dibújame un faro al atardecer.", "Draw me a lighthouse at dusk.")
    converse(tmp_path, script, lines, "stt.options.language=es")


def test_a_sketch_is_called_one_once(tmp_path: Path) -> None:
    async def script(session: Session) -> None:
        turns = [await ask(session) for _ in range(2)]
        first, second = [turn[-1].reply for turn in turns]  # type: ignore[union-attr]
        assert first.endswith("Here is a red apple. It's only a sketch by the built-in model.")
        assert second.endswith("Here is a red apple.")
        # How to get better ones is written, once, and not said.
        notices = [[event.text for event in turn if isinstance(event, events.Notice)] for turn in turns]
        assert notices == [["For real pictures choose another profile, such as lcm."], []]

    converse(tmp_path, script, heard_as("Draw me a red apple."), f"image.options.notes={json.dumps([SKETCH_NOTE])}")


def test_another_one_of_a_sketch_is_said_to_be_much_like_the_first(tmp_path: Path) -> None:
    async def script(session: Session) -> None:
        await ask(session)
        another = (await ask(session))[-1].reply  # type: ignore[union-attr]
        assert another == "I'm drawing another one. Here it is, but I draw it much the same each time."

    lines = heard_as("Draw me a red apple.", "Draw another one.")
    converse(tmp_path, script, lines, f"image.options.notes={json.dumps([SKETCH_NOTE])}")


class Guess:
    """Takes everything but yes and no for a request, and is not sure."""

    async def understand(self, text: str, language: str, context: PictureContext) -> Intent:
        return Intent(IntentKind.DRAW, prompt="a cat", is_sure=False)


@pytest.mark.parametrize(("answer", "line", "n_pictures"), [("Yes, please.", "drawing", 1), ("No.", "not_wanted", 0)])
def test_who_may_have_asked_for_a_picture_is_asked_back(
    tmp_path: Path, gallery: Gallery, answer: str, line: str, n_pictures: int
) -> None:
    async def script(session: Session) -> None:
        understanding: Any = Guess()
        easel = Easel(session.stages, gallery, session.clock, seed=1)
        session.pictures = PictureRequests(easel, understanding, session.conversation)
        assert (await ask(session))[-1].reply.strip() == "Shall I draw a cat?"  # type: ignore[union-attr]
        assert not gallery.entries()
        reply = (await ask(session))[-1].reply  # type: ignore[union-attr]
        assert reply.startswith(picture_line(line, "en", prompt="a cat"))
        assert len(gallery.entries()) == n_pictures

    converse(tmp_path, script, heard_as("I think of a cat.", answer))


def test_understanding_leaves_no_trace_until_it_is_certain(tmp_path: Path, gallery: Gallery) -> None:
    """What is said is read before the user has finished, and perhaps thrown away."""

    async def script(session: Session) -> None:
        async def english() -> str:
            raise AssertionError("it is English")

        assert session.pictures is not None
        wish = await session.pictures.wish(Heard("Draw me a red apple.", "en", "en", english))
        assert wish is not None
        certain = asyncio.Event()
        line = await anext(session.pictures.answer(wish, "Draw me a red apple.", certain.wait))
        assert line.strip() == "I'm drawing a red apple."
        assert not session.is_drawing
        assert not session.conversation.last_reply

    converse(tmp_path, script)
