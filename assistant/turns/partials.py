"""The transcript of an utterance while it is still being spoken. Pure.

LocalAgreement-2 (Liu, Spanakis, Niehues 2020, section 3; Macháček, Dabre, Bojar 2023, "Turning Whisper into real-time
transcription"): the growing utterance is transcribed again and again, and what two runs in a row agree on is committed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from assistant.phrases.words import Token, separator, tokens


@dataclass(frozen=True, slots=True)
class Partial:
    """`committed + tentative` is what to show.

    Attributes:
        committed: never changes again, only grows; ends with a word, the punctuation after it comes with the next one.
        tentative: may change with every run; begins with the space that separates it.
    """

    committed: str
    tentative: str


class Partials:
    """One utterance."""

    def __init__(self) -> None:
        self._committed = ""
        self._committed_keys: list[str] = []
        self._previous: list[str] = []

    def update(self, text: str) -> Partial:
        """Takes the next run.

        Two runs agree on a word, or on a character where words are not separated by spaces, whatever its case and the
        punctuation around it; the newer spelling is kept.

        Args:
            text: the transcript of the whole utterance so far.
        """
        text = _tidy(text)
        words = tokens(text)
        first = self._first_uncommitted(words)
        tail = words[first:]
        agreed = first + _common_prefix([word.key for word in tail], self._previous)
        self._previous = [word.key for word in words[agreed:]]
        if agreed > first:
            self._committed += self._piece(text, words, first, words[agreed - 1].end)
            self._committed_keys += [word.key for word in words[first:agreed]]
        return Partial(self._committed, self._piece(text, words, agreed, len(text)))

    def final(self, text: str) -> str:
        """The final transcript, from a run over the whole utterance: what was committed, and the rest of `text`."""
        text = _tidy(text)
        words = tokens(text)
        return self._committed + self._piece(text, words, self._first_uncommitted(words), len(text))

    def _piece(self, text: str, words: list[Token], first: int, end: int) -> str:
        """The text from the word `first`, with the punctuation before it, to the character `end`."""
        if first == 0:
            piece = text[:end]
            return f"{separator(self._committed)}{piece}" if piece else ""
        return text[words[first - 1].end : end]

    def _first_uncommitted(self, words: list[Token]) -> int:
        """How many of the words stand for what is committed already.

        Mostly the same number; but a later run may write "twenty one" where "21" was committed, or skip a word. Then
        the prefix of the run that is nearest to the committed words by edit distance stands for them.
        """
        committed, run = self._committed_keys, [word.key for word in words]
        same = _common_prefix(committed, run)
        return same + _nearest_prefix(committed[same:], run[same:])


def _common_prefix(left: list[str], right: list[str]) -> int:
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length


def _nearest_prefix(words: list[str], run: list[str]) -> int:
    """Length of the prefix of `run` with the least edit distance to `words`; of equals, the one nearest in length."""
    distances = list(range(len(run) + 1))
    for row, word in enumerate(words, start=1):
        above = distances
        distances = [row]
        for column, other in enumerate(run, start=1):
            replaced = above[column - 1] + (word != other)
            distances.append(min(replaced, above[column] + 1, distances[-1] + 1))
    return min(range(len(run) + 1), key=lambda length: (distances[length], abs(length - len(words))))


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
