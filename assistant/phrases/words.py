"""Text -> the words in it, as they are compared: case, punctuation and typography do not matter. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Written without spaces, so each character stands for itself: Thai, Lao, Myanmar, Khmer, kana, Han and its extensions.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# A number with its separators, one unspaced character, or letters with apostrophes between them. A hyphen separates:
# "uh-huh" and "uh huh" are the same words.
_TOKEN = re.compile(
    rf"\d+(?:[.,:]\d+)+|[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+(?:['’](?:(?![{_UNSPACED}])[^\W_])+)*"
)
_ENDS_UNSPACED = re.compile(rf"[{_UNSPACED}\u3000-\u303f\uff00-\uff60]$")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or one character of a language that is written without spaces.

    Attributes:
        key: what to compare.
        start, end: where it stands in the text, without the punctuation around it.
    """

    key: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All words of the text, in order."""
    return [Token(_key(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def keys(text: str) -> list[str]:
    """The words of the text in the form in which they are compared."""
    return [token.key for token in tokens(unicodedata.normalize("NFC", text))]


def separator(before: str) -> str:
    """What stands between `before` and the words that follow it: a space, or nothing after an unspaced language."""
    return "" if not before or _ENDS_UNSPACED.search(before) else " "


def _key(word: str) -> str:
    return word.casefold().replace("’", "'")
