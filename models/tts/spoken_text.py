"""Text as a language model writes it -> as it is said, in pieces that are said at once. Pure.

Here is what holds for every language; `spoken_english` writes out what espeak-ng reads wrong in English. The other
languages are left to espeak-ng, which knows their numbers and currencies.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from models.tts.spoken_english import expanded

# Half an hour of speech. More than that in one call is a defect of the caller, or an attack.
MAX_CHARACTERS = 20_000
# Some 15 s of speech in any script, counted in UTF-8. The work before the first chunk grows with the piece; the melody
# of a clause does not need more.
PIECE_BYTES = 240

FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*$", re.MULTILINE)
LINE_START = re.compile(r"^[ \t]*(#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|(?:[-*_][ \t]*){3,}$)", re.MULTILINE)
NUMBERED = re.compile(r"^[ \t]*(\d+)[.)][ \t]+", re.MULTILINE)
TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t:|-]*-{3,}[ \t:|-]*$", re.MULTILINE)
LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^)\s]*\)")
TAG = re.compile(r"</?[A-Za-z][^<>\n]*>")
EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,3}|~~|`+)(?=\S)([^\n]+?)(?<=\S)\1(?!\w)")
ADDRESS = re.compile(
    r"(?:https?://|www\.)(?:www\.)?([^\s/?#<>()\[\]\"']+)[^\s<>()\[\]\"']*?(?=[.,;:!?]*(?:[\s)\]>\"']|$))"
)
# Blocks of pictures; the rest of the emoji are in the category "So".
PICTURES = re.compile("[\U0001f000-\U0001faff\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]")
KEPT_SYMBOLS = "°"  # of the category "So"
JOINERS = "\u200c\u200d"  # of the category "Cf", and part of the spelling of Persian and Hindi
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’»)\]]*\s+(?![a-z])|(?<=[。！？])|\n+")
CLAUSE_END = re.compile(r"(?<=[,;:])\s+|(?<=[，；：、])|\s+[–—]\s+")


def spoken(text: str, language: str) -> str:
    """The words to say: no markup, no pictures, no control characters; in English also no abbreviations and symbols.

    Args:
        text: of any length; what is past `MAX_CHARACTERS` is left away.
        language: ISO 639-1 code.
    """
    text = _without_markup(text[:MAX_CHARACTERS])
    if language == "en":
        text = expanded(text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def pieces(text: str) -> Iterator[str]:
    """Sentences, the longest ones divided at clauses and then at words; none without a letter or a digit."""
    for sentence in SENTENCE_END.split(text):
        for piece in _divided(sentence, [CLAUSE_END, re.compile(r"\s+")]):
            if any(character.isalnum() for character in piece):
                yield piece.strip()


def _divided(text: str, places: list[re.Pattern[str]]) -> Iterator[str]:
    """The text in parts of at most `PIECE_BYTES`, as few as the first kind of place allows."""
    if _n_bytes(text) <= PIECE_BYTES:
        yield text
        return
    if not places:
        n_characters = PIECE_BYTES // 4  # the longest character
        yield from (text[i : i + n_characters] for i in range(0, len(text), n_characters))
        return
    start = end = 0
    for part_end in [match.end() for match in places[0].finditer(text)] + [len(text)]:
        if end > start and _n_bytes(text[start:part_end]) > PIECE_BYTES:
            yield from _divided(text[start:end], places[1:])
            start = end
        end = part_end
    yield from _divided(text[start:end], places[1:])


def _n_bytes(text: str) -> int:
    return len(text.encode())


def _without_markup(text: str) -> str:
    text = LINK.sub(r"\1", FENCE.sub("", text))
    text = ADDRESS.sub(lambda match: match[1], TAG.sub("", text))
    text = LINE_START.sub("", NUMBERED.sub(r"\1, ", TABLE_RULE.sub("", text)))
    for _ in range(2):  # emphasis within emphasis
        text = EMPHASIS.sub(r"\2", text)
    text = PICTURES.sub(" ", text).replace("|", ", ").replace("`", "")
    return "".join(_said(character) for character in text)


def _said(character: str) -> str:
    if character in "\n" + KEPT_SYMBOLS + JOINERS:
        return character
    # Controls, formats, surrogates, private and unassigned code points; and symbols such as ✓, which have no sound.
    return " " if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "So") else character
