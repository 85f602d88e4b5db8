"""Word and character error rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import cast


def error_count(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions that turn one into the other (Levenshtein 1966)."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(reference, start=1):
        diagonal, row[0] = row[0], i
        for j, got in enumerate(heard, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != got))
    return row[-1]


def error_rate(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> float:
    """Errors in all pairs of (reference, heard) over the length of all references.

    Raises:
        ValueError: the references are empty.
    """
    errors = length = 0
    for reference, heard in pairs:
        errors += error_count(reference, heard)
        length += len(reference)
    if not length:
        raise ValueError("there is nothing to compare with")
    return errors / length


def matches(said: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of words that are in both, in order, whatever their case and punctuation (Ratcliff and Obershelp)."""

    def plain(words: Sequence[str]) -> list[str]:
        return ["".join(c for c in word.casefold() if c.isalnum()) for word in words]

    blocks = SequenceMatcher(None, plain(said), plain(heard), autojunk=False).get_matching_blocks()
    return [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]


def english_words() -> Callable[[str], list[str]]:
    """Text to words, as English results are compared: Whisper's own normaliser (Radford et al. 2022, appendix C)."""
    from whisper.normalizers import EnglishTextNormalizer

    normalize = cast(Callable[[str], str], EnglishTextNormalizer())
    return lambda text: normalize(text).split()


def characters() -> Callable[[str], list[str]]:
    """Text to characters, as results in other languages are compared: Whisper's basic normaliser, without spaces."""
    from whisper.normalizers import BasicTextNormalizer

    normalize = cast(Callable[[str], str], BasicTextNormalizer())
    return lambda text: list(normalize(text).replace(" ", ""))
