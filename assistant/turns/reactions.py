"""Is it an answer, or only a sign that somebody listens? Pure.

All languages at once: on half a second of sound Whisper's guess of the language is worth little, and "ja", "sí" and
"yeah" do not get in each other's way. Whether a backchannel counts is the caller's business: "yes" over a running reply
lets it go on, "yes" after the assistant's question is the answer to it.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from itertools import groupby

from assistant.phrases.phrasebook import LANGUAGES, pattern, phrasebook
from assistant.phrases.words import keys

# "[BLANK_AUDIO]", "(coughs)", "*sighs*", "♪ la la ♪": Whisper's descriptions of sounds.
_SOUND = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|♪[^♪]*♪?")


# Who says more different words than this wants to be heard. And the search takes, at worst, exponential time in them.
_MOST_WORDS = 8


class Reaction(Enum):
    """What a transcript amounts to."""

    NOTHING = "nothing"
    HESITATION = "hesitation"
    BACKCHANNEL = "backchannel"
    WORDS = "words"


def reaction(text: str) -> Reaction:
    """
    Args:
        text: a whole transcript, partial or final, in any language.
    """
    # "Yeah, yeah, yeah" is "yeah", the more so where Whisper got into a loop.
    said = [key for key, _ in groupby(keys(_SOUND.sub(" ", text)))]
    words = "".join(f"{key} " for key in said)
    if not words or _inventions().fullmatch(words):
        return Reaction.NOTHING
    if len(said) > _MOST_WORDS:
        return Reaction.WORDS
    if _hesitations().fullmatch(words):
        return Reaction.HESITATION
    if _backchannels().fullmatch(words):
        return Reaction.BACKCHANNEL
    return Reaction.WORDS


@cache
def _inventions() -> re.Pattern[str]:
    return _repeated(*(phrase for language in LANGUAGES for phrase in phrasebook(language).inventions))


@cache
def _hesitations() -> re.Pattern[str]:
    return _repeated(*(phrase for language in LANGUAGES for phrase in phrasebook(language).hesitations))


@cache
def _backchannels() -> re.Pattern[str]:
    books = [phrasebook(language) for language in LANGUAGES]
    return _repeated(*(phrase for book in books for phrase in (*book.backchannels, *book.hesitations)))


def _repeated(*phrases: str) -> re.Pattern[str]:
    return re.compile(f"{pattern(dict.fromkeys(phrases))}+")
