"""What is said to a question of the assistant, as far as it takes no model to understand it. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, TypeAlias

from assistant.phrases.phrasebook import LANGUAGES, pattern, phrasebook
from assistant.phrases.words import keys

Said: TypeAlias = Literal["yes", "no", ""]

# "Yes, please, go ahead, of course": what is longer says more than yes.
_MOST_WORDS = 8


def yes_or_no(text: str, language: str) -> Said:
    """Which of them the utterance is, and nothing else; "": neither.

    Args:
        text: a final transcript.
        language: ISO 639-1 code. Its phrases are tried first, then the others': one word tells no language.
    """
    words = keys(text)
    if not words or len(words) > _MOST_WORDS:
        return ""
    said = "".join(f"{word} " for word in words)
    for candidate in sorted(LANGUAGES, key=lambda known: known != language):
        if _phrases(candidate, "yes").fullmatch(said):
            return "yes"
        if _phrases(candidate, "no").fullmatch(said):
            return "no"
    return ""


@cache
def _phrases(language: str, answer: str) -> re.Pattern[str]:
    book = phrasebook(language)
    around = pattern((*book.after, *book.hesitations))
    return re.compile(f"(?:{around})*(?:{pattern(book.answers[answer])})+(?:{around})*")
