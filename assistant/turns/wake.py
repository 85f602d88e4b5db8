"""Is the assistant spoken to? By the transcript: an utterance that begins with the wake phrase, or soon follows a turn.

Pure. Works with any phrase in any language, since it listens to what Whisper wrote, and forgives how it was spelt.
"""

from __future__ import annotations

from assistant.phrases.words import tokens

# What people take to answer back. They go on talking to each other after that.
_AWAKE_S = 8.0
# Whisper spells names as it likes: "Nora" and "Norah", "Hey" and "Hay". A third of the letters is the most at which
# phrases of two words are still told from others.
_WRONG_SHARE = 0.3


class WakePhrase:
    """One conversation's."""

    def __init__(self, phrase: str = "") -> None:
        """
        Args:
            phrase: two or three words are recognised best; without any, everything is meant for the assistant.
        """
        self._phrase = _letters(phrase)
        self._n_words = len(tokens(phrase))
        self._awake_until_s = 0.0

    def stay_awake(self, now_s: float) -> None:
        """The assistant was spoken to, or has spoken: for some seconds the phrase is not needed."""
        self._awake_until_s = now_s + _AWAKE_S

    def is_addressed(self, text: str, started_s: float) -> bool:
        """Whether an utterance is meant for the assistant.

        Args:
            text: a final transcript.
            started_s: when the user began to speak.
        """
        return not self._phrase or started_s < self._awake_until_s or self._end(text) > 0

    def request(self, text: str) -> str:
        """The utterance without the phrase that it begins with, if it does; "" if it is nothing else."""
        end = self._end(text)
        if not end:
            return text
        words = [word for word in tokens(text) if word.start >= end]
        return text[words[0].start :] if words else ""

    def _end(self, text: str) -> int:
        """Where the phrase ends in a text that begins with it; 0: it does not."""
        if not self._phrase:
            return 0
        words = tokens(text)[: self._n_words + 1]
        # "Heynora" is one word, and "Hey, No Ra" are three.
        ends = {word.end: _distance(_letters(text[: word.end]), self._phrase) for word in words}
        best = min(ends, key=lambda end: ends[end], default=0)
        return best if best and ends[best] <= _WRONG_SHARE * len(self._phrase) else 0


def _letters(text: str) -> str:
    return "".join(word.key for word in tokens(text))


def _distance(one: str, other: str) -> int:
    """Letters to be added, taken away or changed (Levenshtein 1966), by rows of the table (Wagner and Fischer 1974)."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, start=1):
        left = [index]
        for column, wanted in enumerate(other, start=1):
            left.append(min(left[-1] + 1, row[column] + 1, row[column - 1] + (letter != wanted)))
        row = left
    return row[-1]
