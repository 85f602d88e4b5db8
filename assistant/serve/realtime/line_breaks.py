"""Lines of a reply: what is spoken is cut into clauses, which have none; who reads wants them back. Pure."""

from __future__ import annotations


def as_written(spoken: str, written: str) -> str:
    """What was spoken, with the line ends that the model wrote, and the signs between words that no voice says.

    Args:
        spoken: clauses, one after the other.
        written: the reply that they are from, as far as it is known. Where something else was spoken it is left alone
            from there on, so that what grows while it is spoken stays the beginning of what it grows into.
    """
    end = 0
    for index, letter in enumerate(spoken):
        if letter.isspace():
            continue
        start = end
        while start < len(written) and written[start] != letter and not written[start].isalnum():
            start += 1  # spaces, and signs that no voice has a sound for
        if start == len(written) or written[start] != letter:
            return (written[:end] + spoken[_gap(spoken, index) :]).lstrip()
        end = start + 1
    return written[:end].lstrip()


def _gap(text: str, index: int) -> int:
    """Where the spaces before it begin."""
    while index and text[index - 1].isspace():
        index -= 1
    return index
