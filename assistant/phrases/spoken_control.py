"""Commands to the assistant itself, understood without a language model. Pure.

A command is a whole utterance: a phrase of the phrasebook, said once or more, with nothing but politeness around it. So
"could you please speak a bit slower" is one, while "When does the bus stop?" and "Can you stop the war?" are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

from assistant.phrases.phrasebook import LANGUAGES, pattern, phrasebook
from assistant.phrases.words import keys

# No command is longer, politeness included; and the search takes exponential time in the number of words at worst.
_MOST_WORDS = 16


class CommandKind(Enum):
    """What is wanted; the values are the keys of [commands] in the phrasebooks."""

    STOP = "stop"  # be silent
    WAIT = "wait"  # be silent until spoken to
    REPEAT = "repeat"  # the last reply once more
    SLOWER = "slower"
    FASTER = "faster"
    LOUDER = "louder"
    SOFTER = "softer"
    LANGUAGE = "language"  # answer in another one
    RESTART = "restart"  # forget the conversation
    GOODBYE = "goodbye"  # end it


@dataclass(frozen=True, slots=True)
class Command:
    """
    Attributes:
        argument: ISO 639-1 code for LANGUAGE, otherwise empty.
    """

    kind: CommandKind
    argument: str = ""


def spoken_command(text: str, language: str) -> Command | None:
    """The command that the utterance is; None: it is none, and for the language model to answer.

    Args:
        text: a final transcript.
        language: ISO 639-1 code. Its phrases are tried first, then the others': on one word Whisper's guess is unsure.
    """
    words = keys(text)
    if not words or len(words) > _MOST_WORDS:
        return None
    said = "".join(f"{word} " for word in words)
    for candidate in sorted(LANGUAGES, key=lambda known: known != language):
        for kind in CommandKind:
            if match := _phrases(candidate, kind).fullmatch(said):
                return Command(kind, _language_code(candidate, match))
    return None


def _language_code(spoken: str, match: re.Match[str]) -> str:
    name = next((group for group in match.groups() if group), "")
    return phrasebook(spoken).languages[name] if name else ""


@cache
def _phrases(language: str, kind: CommandKind) -> re.Pattern[str]:
    book = phrasebook(language)
    before = pattern((*book.before, *book.hesitations))
    names = "|".join(re.escape(name) for name in book.languages)
    command = pattern(book.commands[kind.value], {"language": f"({names}) "})
    after = pattern(book.after)
    return re.compile(f"(?:{before}*{command}{after}*)+")
