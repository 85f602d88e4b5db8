"""Do the words sound as if the speaker were not finished? Pure. The voice is judged elsewhere (`models.turn`)."""

from __future__ import annotations

import re
from functools import cache

from assistant.phrases.phrasebook import LANGUAGES, pattern, phrasebook
from assistant.phrases.words import keys

# Whisper writes these where a sentence breaks off.
_BROKEN_OFF = re.compile(r"""(?:\.\.+|[…,;:–—、，；：-])["'”’»)」』\s]*$""")
_SENTENCE_END = re.compile(r"""[.?!。？！]["'”’»)」』\s]*$""")


def is_open(text: str, language: str) -> bool:
    """Whether the transcript ends where a sentence seldom ends.

    Whisper's punctuation is a second opinion on how the sentence sounded, and is believed as far as the grammar allows:
    after an article, a possessive, a conjunction or a hesitation no sentence ends, whatever is written there. A
    preposition or an auxiliary does end some ("What are you looking for?", "Yes, I am."), so there a full stop, a
    question mark or an exclamation mark counts, and only a transcript without one is open. A comma, a dash or an
    ellipsis at the end is open after any word.

    Args:
        text: a whole transcript; an empty one is not open.
        language: ISO 639-1 code; only the punctuation counts in a language without a phrasebook.
    """
    words = keys(text)
    if not words:
        return False
    if _BROKEN_OFF.search(text):
        return True
    if language not in LANGUAGES:
        return False
    ending = "".join(f"{word} " for word in words[-_LONGEST_PHRASE:])
    if _never_last(language).search(ending):
        return True
    return not is_closed(text, language) and _seldom_last(language).search(ending) is not None


def is_closed(text: str, language: str) -> bool:
    """Whether Whisper wrote the end of a sentence there.

    It leaves the full stop out where a recording is cut in the middle of a sentence, even after a word that could end
    one: read speech, cut at 47 places, got two full stops, and complete sentences seldom lack theirs. A language
    without a phrasebook counts as closed: in some of them Whisper writes no full stops.

    Args:
        text: a whole transcript.
        language: ISO 639-1 code.
    """
    return language not in LANGUAGES or _SENTENCE_END.search(text) is not None


# "would like to", "est-ce que": no phrase of the lists is longer.
_LONGEST_PHRASE = 4


@cache
def _never_last(language: str) -> re.Pattern[str]:
    book = phrasebook(language)
    return _at_end(*book.never_last, *book.hesitations)


@cache
def _seldom_last(language: str) -> re.Pattern[str]:
    return _at_end(*phrasebook(language).seldom_last)


def _at_end(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|\s){pattern(phrases)}$")
