"""What a user wants of a picture, and how it was said. Values only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assistant.intents.intent import Intent, IntentKind

# Whatever takes a while: it is promised at once, and told when it is done.
MAKING = frozenset(
    {
        IntentKind.DRAW,
        IntentKind.EDIT,
        IntentKind.EXTEND,
        IntentKind.VARY,
        IntentKind.BIGGER,
        IntentKind.ANIMATE,
    }
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a user has said.

    Attributes:
        text: the final transcript.
        language: ISO 639-1 code of it.
        reply_language: … of what is said about it.
        english: the whole of it in English, which is what image models read; asked for only when that is needed.
    """

    text: str
    language: str
    reply_language: str
    english: Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """
    Attributes:
        intent: what was understood, in the user's words.
        is_refused: it was only a guess, and the user has said no.
    """

    intent: Intent
    heard: Heard
    is_refused: bool = False

    @property
    def language(self) -> str:
        """ISO 639-1 code of what is said about it."""
        return self.heard.reply_language

    @property
    def is_making(self) -> bool:
        """Whether a picture is to be made, as opposed to shown, kept or spoken about."""
        return self.intent.kind in MAKING
