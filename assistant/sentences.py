"""Deltas of a reply -> clauses that can be spoken. Pure: text in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A voice sounds best on whole sentences, but the first clause decides how soon the answer is heard: it may end at a
# comma once it holds two words, which is as much as a voice needs to find a natural melody.
_FIRST_CLAUSE_WORDS = 2
# Later clauses are spoken while earlier ones play, so they only end at a comma when they get long to listen to.
_LONG_CLAUSE_CHARACTERS = 80
# Text without any punctuation is cut at a space here: 25 s of speech at once is more than voices are trained on.
_LONGEST_CLAUSE_CHARACTERS = 300

# A full stop after these does not end a sentence. English, German, French, Spanish, Italian, Portuguese; none that is
# also a word that sentences end with ("no", "max").
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st jr sr vs etc e.g i.e approx vol inc ltd corp dept blvd"
    " z.b d.h usw bzw ca nr str bspw u.a evtl ggf"
    " mme mlle p.ex env sra srta ud uds p.ej ee.uu sig sig.ra dott prof.ssa ecc exmo av".split()
)

_SENTENCE_END = re.compile(r"""[.!?…]+["'”’»)\]]*(?=\s)|[。！？]["'”’」』）]*|\n+""")
_CLAUSE_END = re.compile(r"""[,;:](?=\s)|\s[–—-](?=\s)|[、，；：]""")
_SPACE = re.compile(r"\s+")


class ClauseSplitter:
    """Collects deltas and lets go of a clause as soon as it is certain where it ends."""

    def __init__(self) -> None:
        self._text = ""
        self._is_first = True

    def feed(self, delta: str) -> Iterator[str]:
        """Yields the clauses that `delta` completes, stripped, never empty."""
        self._text += delta
        while end := self._end():
            clause, self._text = self._text[:end], self._text[end:]
            yield from self._spoken(clause)

    def flush(self) -> Iterator[str]:
        """Yields what is left: the reply is complete."""
        clause, self._text = self._text, ""
        yield from self._spoken(clause)
        self._is_first = True

    def _spoken(self, clause: str) -> Iterator[str]:
        text = _SPACE.sub(" ", clause).strip()
        if any(character.isalnum() for character in text):
            self._is_first = False
            yield text

    def _end(self) -> int:
        """Where the first clause ends in the text so far; 0: not yet known."""
        for match in _SENTENCE_END.finditer(self._text):
            if not _is_inside_sentence(self._text, match):
                return self._comma(match.end()) or match.end()
        return self._comma(len(self._text)) or self._cut()

    def _comma(self, limit: int) -> int:
        for match in _CLAUSE_END.finditer(self._text, 0, limit):
            before = self._text[: match.end()]
            is_long = len(before.strip()) >= _LONG_CLAUSE_CHARACTERS
            if is_long or (self._is_first and _word_count(before) >= _FIRST_CLAUSE_WORDS):
                return match.end()
        return 0

    def _cut(self) -> int:
        if len(self._text) <= _LONGEST_CLAUSE_CHARACTERS:
            return 0
        return self._text.rfind(" ", 1, _LONGEST_CLAUSE_CHARACTERS) + 1 or _LONGEST_CLAUSE_CHARACTERS


def _is_inside_sentence(text: str, end: re.Match[str]) -> bool:
    """Whether the full stop that `end` matched belongs to an abbreviation, an initial or the number of a list item."""
    if end[0][0] != "." or end[0].startswith(".."):
        return False
    word = re.split(r"""[\s("'“‘«\[]""", text[: end.start()])[-1]
    is_initial = len(word) == 1 and word.isalpha() and word.isupper()
    is_item_number = word.isdigit() and not text[: end.start() - len(word)].strip(" \t\n")
    return is_initial or is_item_number or word.lower() in _ABBREVIATIONS or _is_acronym(word)


def _is_acronym(word: str) -> bool:
    """ "U.S", "a.m": letters with full stops between them."""
    letters = word.split(".")
    return len(letters) > 1 and all(len(letter) == 1 and letter.isalpha() for letter in letters)


def _word_count(text: str) -> int:
    # Chinese and Japanese write no spaces: there, two characters count as a word.
    wide = sum(1 for character in text if "\u3040" <= character <= "\u9fff")
    return len(text.split()) + wide // 2
