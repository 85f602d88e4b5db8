"""What becomes of a wish that cannot be fulfilled to the letter, and what is said and remembered of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.config import load_profile
from assistant.conversation import Conversation
from assistant.events import PictureDropped, TurnEnded
from assistant.phrases.phrasebook import picture_line
from assistant.pictures.gallery import Gallery
from assistant.saved_conversation import SavedConversation, Turn, load_turns
from assistant.serve.realtime.items import Item, Items
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.types import Audio
from models.weights.store import Store

QUESTION = Audio(np.full(16_000, 0.1, np.float32), 16_000)
BOAT = "Draw a lighthouse with a red boat."


@pytest.fixture(autouse=True)
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    return Gallery()


class Talk:
    """A conversation of recorded questions."""

    def __init__(self, folder: Path, lines: Sequence[str], *changes: str) -> None:
        self.replies: list[str] = []
        self.dropped: list[str] = []
        self.read: list[str] = []
        heard = f"stt.options.lines={json.dumps(lines, ensure_ascii=False)}"
        run(self._ask(folder, len(lines), ["workers.mode=inline", heard, *changes]))

    async def _ask(self, folder: Path, n_questions: int, changes: list[str]) -> None:
        profile = load_profile("scripted", changes)
        async with Stages(profile, Store(folder)) as stages:
            session = Session(profile, stages)
            for _ in range(n_questions):
                async for event in session.ask(QUESTION):
                    if isinstance(event, TurnEnded):
                        self.replies.append(event.reply.strip())
                    elif isinstance(event, PictureDropped):
                        self.dropped.append(event.reason)
            self.read = [message.text for message in session.conversation.messages("", "en")[1:-1]]
        assert asyncio.all_tasks() == {asyncio.current_task()}


def shown(gallery: Gallery) -> list[str]:
    return [entry.origin.prompt for entry in gallery.entries()]


def test_a_model_that_is_told_what_to_change_is_given_the_users_words(tmp_path: Path, gallery: Gallery) -> None:
    edit = [BOAT, "Could you make it night, please?"]
    Talk(tmp_path, edit, "image.options.instruct=true")
    assert shown(gallery) == ["a lighthouse with a red boat", "a lighthouse with a red boat, night"]
    refused = Talk(tmp_path, edit, "image.options.instruct=true", 'image.options.unknown_words=["make"]')
    assert refused.dropped == ["the script knows nothing of make"]
    described = Talk(tmp_path, edit, 'image.options.unknown_words=["make"]')
    assert not described.dropped


def test_a_part_that_is_painted_over_is_not_what_the_picture_shows(tmp_path: Path, gallery: Gallery) -> None:
    talk = Talk(tmp_path, [BOAT, "Remove the boat.", "What does the picture show?"])
    assert shown(gallery) == ["a lighthouse with a red boat", "a lighthouse"]
    assert talk.replies[-1] == "It shows a lighthouse."


def test_what_is_not_found_but_was_asked_for_is_left_out_of_a_new_drawing(tmp_path: Path, gallery: Gallery) -> None:
    talk = Talk(tmp_path, [BOAT, "Remove the boat."], 'image.options.unseen_parts=["boat"]')
    assert talk.replies[-1] == f"I'm taking out the boat. {picture_line('drawn_anew', 'en')}"
    before, after = gallery.entries()
    assert (after.origin.prompt, after.origin.seed) == ("a lighthouse", before.origin.seed)
    assert after.origin.parent == before.id


def test_what_is_neither_found_nor_was_asked_for_stays_and_is_told(tmp_path: Path, gallery: Gallery) -> None:
    talk = Talk(tmp_path, ["Draw a lighthouse.", "Remove the boat."], 'image.options.unseen_parts=["boat"]')
    assert talk.replies[-1] == f"I'm taking out the boat. {picture_line('no_part', 'en')}"
    assert shown(gallery) == ["a lighthouse"]


@pytest.mark.parametrize(
    ("language", "asked", "line"),
    [
        ("en", "Draw a very sad dog.", "Here is a very sad dog."),
        ("es", "Dibuja un perro muy triste.", picture_line("drawn_changed", "es")),
    ],
)
def test_what_was_left_out_is_not_claimed(tmp_path: Path, language: str, asked: str, line: str) -> None:
    changes = ('image.options.left_out=["very"]', f"stt.options.language={language}")
    talk = Talk(tmp_path, [asked], *changes)
    assert talk.replies[-1].endswith(f" {line} {picture_line('drawn_partly', language)}")


def test_the_language_model_knows_that_a_promised_picture_did_not_come(tmp_path: Path) -> None:
    talk = Talk(tmp_path, ["Draw a dog.", "Draw a cat."], "image.options.fail_on=[1]")
    failed = f"I'm drawing a dog. {picture_line('not_drawn', 'en')}"
    assert talk.read == ["Draw a dog.", failed, "Draw a cat.", "I'm drawing a cat."]


def test_what_was_told_without_a_question_is_saved_and_no_reply(tmp_path: Path) -> None:
    settings, file = load_profile("scripted").conversation, tmp_path / "talk.jsonl"
    with SavedConversation(file, pytest.fail) as saved:
        conversation = Conversation(settings, saved=saved)
        conversation.tell("Nothing was promised yet.", "en")
        conversation.add(Turn("Draw a dog.", "I'm drawing a dog.", "en"))
        conversation.tell("It did not work.", "en")
    assert conversation.last_reply == "I'm drawing a dog."
    for one in (conversation, Conversation(settings, load_turns(file))):
        texts = [message.text for message in one.messages("Why?", "en")[1:]]
        assert texts == ["Draw a dog.", "I'm drawing a dog. It did not work.", "Why?"]


def test_what_was_told_without_a_question_is_read_by_the_model_of_a_server_and_shown_to_no_client() -> None:
    items = Items(load_profile("scripted").conversation)
    items.tell("Nothing was promised yet.", "en")
    for role, text in (("user", "Draw a dog."), ("assistant", "I'm drawing a dog.")):
        items.insert(Item("message", role, text))  # type: ignore[arg-type]
    items.tell("It did not work.", "en")
    texts = [message.text for message in items.messages("Why?", "en")[1:]]
    assert texts == ["Draw a dog.", "I'm drawing a dog. It did not work.", "Why?"]
    assert items.newest is not None
    assert items.newest.shown()["content"] == [{"type": "output_text", "text": "I'm drawing a dog."}]
