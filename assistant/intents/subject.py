"""What is to be drawn, in a sentence that no rule of the grammar knows: what is named with an article. Pure."""

from __future__ import annotations

import re

from assistant.intents.concepts import concepts
from assistant.intents.phrases import words
from assistant.phrases.words import Token

# Things that are not known yet are named with these, in all languages: "my daughter wants | a unicorn".
_ARTICLES = frozenset(
    """
    a an some two three several un una unos unas dos tres une des deux trois ein eine einen einem einer nen ne nem zwei
    drei uno due tre um uma uns umas dois duas
    """.split()
)
_OF = frozenset("of with showing de d' del con von mit vom di avec com".split())
# "a nice little picture of": what stands between the article and what it is about.
_MOST_BETWEEN = 4
# "…, can you paint that": about the wish, and short.
_MOST_BEHIND = 7
_WISHES = {"can", "draw", "make", "please"}


def subject(text: str) -> str:
    """The part of a request for a new picture that says what is to be seen; "" where nothing is named so."""
    said = words(text)
    start = next((place for place, word in enumerate(said) if word.key in _ARTICLES), None)
    if start is None or start + 1 >= len(said):
        return ""
    start = _behind_picture(said, start)
    found = text[said[start].start : said[-1].end]
    *parts, last = re.split(r"[,;.!?]\s+", found)
    return found[: -len(last)].rstrip(" ,;.!?") if parts and _is_wish(last) else found


def _behind_picture(said: list[Token], start: int) -> int:
    """Past "a picture of", where it stands there."""
    for place in range(start + 1, min(start + _MOST_BETWEEN, len(said) - 2)):
        if "picture" in concepts(said[place].key) and said[place + 1].key in _OF:
            return place + 2
    return start


def _is_wish(part: str) -> bool:
    said = [word.key for word in words(part)]
    return (
        0 < len(said) <= _MOST_BEHIND
        and any(_WISHES.intersection(concepts(word)) for word in said)
        and not (_ARTICLES.intersection(said))
    )
