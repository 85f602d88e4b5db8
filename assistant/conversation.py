"""What was said so far, as the language model sees it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Protocol

from assistant.config import ConversationSettings
from assistant.saved_conversation import SavedConversation, Turn
from models.types import Message

LANGUAGE_NAMES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "zh": "Chinese",
}


class Memory(Protocol):
    """What a session needs of whatever remembers its conversation."""

    @property
    def last_reply(self) -> str:
        """What was answered last; "" at the beginning."""

    def messages(self, text: str, language: str) -> Sequence[Message]:
        """The prompt for a reply to `text` in a language: instructions, what was said before, the user's words."""

    def add(self, turn: Turn) -> None:
        """Remembers a turn that has ended."""

    def tell(self, line: str, language: str) -> None:
        """Remembers what was told without a question, since what was promised in the last reply came to nothing."""

    def forget_half(self) -> bool:
        """Forgets the older half of what was said; False: there was nothing."""

    def clear(self) -> None:
        """Forgets everything but the instructions."""


class Conversation:
    """Whole turns, oldest first; of an interrupted reply only what was heard."""

    def __init__(
        self, settings: ConversationSettings, turns: Iterable[Turn] = (), saved: SavedConversation | None = None
    ) -> None:
        """
        Args:
            turns: said before, which are gone on with.
            saved: where every further turn is kept.
        """
        self._settings = settings
        self._saved = saved
        self._turns = list(turns)
        self._forget_oldest()

    def messages(self, text: str, language: str) -> Sequence[Message]:
        """The prompt for a reply to `text`: instructions, the turns that are remembered, the user's words.

        Args:
            text: what the user said.
            language: ISO 639-1 code of the reply; unless the profile mixes languages, turns in others are left out.
        """
        turns = [turn for turn in self._turns if self._settings.mix_languages or turn.language == language]
        name = LANGUAGE_NAMES.get(language, f'the language "{language}"')
        answer_in = "" if language == "en" else f" Answer in {name}."
        return [
            Message("system", self._settings.instructions + answer_in),
            *(message for turn in _with_news(turns) for message in _messages(turn)),
            Message("user", text),
        ]

    @property
    def last_reply(self) -> str:
        """What was answered last; "" at the beginning."""
        return next((turn.assistant for turn in reversed(self._turns) if turn.user), "")

    def clear(self) -> None:
        """Forgets everything but the instructions."""
        self._turns.clear()
        if self._saved:
            self._saved.begin()

    def add(self, turn: Turn) -> None:
        """Remembers a turn that has ended."""
        self._turns.append(turn)
        if self._saved:
            self._saved.add(turn)
        self._forget_oldest()

    def tell(self, line: str, language: str) -> None:
        """Remembers what was told without a question: a turn without words of the user."""
        self.add(Turn("", line, language))

    def forget_half(self) -> bool:
        """Forgets the older half of the turns; False: there was none."""
        had_turns = bool(self._turns)
        del self._turns[: (len(self._turns) + 1) // 2]
        return had_turns

    def _forget_oldest(self) -> None:
        lengths = [len(turn.user) + len(turn.assistant) for turn in self._turns]
        del self._turns[: too_many(lengths, self._settings.memory_characters)]


def too_many(lengths: Sequence[int], room: int) -> int:
    """How many of the oldest messages or turns must go, so that the others have room; never the newest.

    They go in steps of half the room: between two steps every prompt begins as the one before it did, and the language
    model, which has read that already, reads only what is new. One by one, it would read everything again every time.

    Args:
        lengths: in characters, oldest first, since the beginning or since the last step.
        room: in characters.
    """
    half = max(1, room // 2)
    excess = -(-max(0, sum(lengths) - room) // half) * half
    before = itertools.accumulate(lengths, initial=0)
    return min(sum(said < excess for said in before), max(0, len(lengths) - 1))


def _with_news(turns: Iterable[Turn]) -> list[Turn]:
    """What was told without a question, behind the reply before it: models read questions and replies in turn."""
    told: list[Turn] = []
    for turn in turns:
        if turn.user:
            told.append(turn)
        elif told:
            told[-1] = told[-1]._replace(assistant=f"{told[-1].assistant} {turn.assistant}")
    return told


def _messages(turn: Turn) -> tuple[Message, Message]:
    return Message("user", turn.user), Message("assistant", turn.assistant)
