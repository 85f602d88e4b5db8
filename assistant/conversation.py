"""What was said so far, as the language model sees it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.config import ConversationSettings
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


class Conversation:
    """Whole turns, oldest first."""

    def __init__(self, settings: ConversationSettings) -> None:
        self._settings = settings
        self._turns: list[tuple[Message, Message]] = []

    def messages(self, text: str, language: str) -> Sequence[Message]:
        """The prompt for a reply to `text`: instructions, the turns that fit, the user's words."""
        name = LANGUAGE_NAMES.get(language, f'the language "{language}"')
        answer_in = "" if language == "en" else f" Answer in {name}."
        return [
            Message("system", self._settings.instructions + answer_in),
            *(message for turn in self._turns for message in turn),
            Message("user", text),
        ]

    @property
    def last_reply(self) -> str:
        """What was answered last; "" at the beginning."""
        return self._turns[-1][1].text if self._turns else ""

    def clear(self) -> None:
        """Forgets everything but the instructions."""
        self._turns.clear()

    def add(self, text: str, reply: str) -> None:
        """Remembers a turn that has ended."""
        self._turns.append((Message("user", text), Message("assistant", reply)))
        while len(self._turns) > 1 and self._length() > self._settings.memory_characters:
            del self._turns[0]

    def _length(self) -> int:
        return sum(len(message.text) for turn in self._turns for message in turn)
