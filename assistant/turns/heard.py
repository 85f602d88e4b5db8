"""How much of a reply the user really heard: samples played -> text. Pure.

A voice does not tell which word it is at, so within a clause the words are taken to last as long as they are written. A
word counts as heard once half of it was played: people recognise most words before their end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.phrases.words import separator, tokens

# 150 words of six characters a minute, the pace of calm speech: used only until a first clause is synthesised whole.
_CHARACTERS_PER_SECOND = 15


@dataclass(frozen=True, slots=True)
class SpokenClause:
    """A clause on its way to the loudspeaker.

    Attributes:
        text: what is spoken.
        n_samples: of its audio, as far as it is synthesised.
        is_complete: whether that is all of it.
    """

    text: str
    n_samples: int
    is_complete: bool


def heard_text(clauses: Iterable[SpokenClause], played_samples: int, sample_rate_hz: int) -> str:
    """The part of the reply that was heard, cut after a word; empty if it was none.

    Args:
        clauses: in the order in which they are played, without gaps.
        played_samples: of all clauses together, as the loudspeaker reports it.
        sample_rate_hz: of the clauses' audio.
    """
    heard = ""
    left = played_samples
    pace = sample_rate_hz / _CHARACTERS_PER_SECOND
    for clause in clauses:
        if left <= 0:
            break
        if clause.is_complete and clause.text:
            pace = clause.n_samples / len(clause.text)
        length = clause.n_samples if clause.is_complete else max(clause.n_samples, round(pace * len(clause.text)))
        part = clause.text if left >= length else _first_words(clause.text, left / length)
        if part:
            heard += separator(heard) + part
        left -= length
    return heard


def _first_words(text: str, share: float) -> str:
    """The words whose middle lies within the first `share`, in [0, 1), of the text."""
    position = share * len(text)
    ends = [word.end for word in tokens(text) if (word.start + word.end) / 2 <= position]
    return text[: ends[-1]] if ends else ""
