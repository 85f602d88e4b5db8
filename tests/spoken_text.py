"""Texts as if somebody spoke them evenly, for the tests of captions."""

from __future__ import annotations

from models.types import Segment, Word

_UNSPACED = ("zh", "ja")


def spoken(text: str, language: str = "en", cps: float = 13.0, start_s: float = 0.0) -> Segment:
    """
    Args:
        text: Chinese and Japanese is cut into characters, punctuation stays with what is before it; the rest at spaces.
        cps: characters spoken a second, with the spaces.
    """
    words = []
    at_s = start_s
    for part in _characters(text) if language in _UNSPACED else text.split():
        end_s = at_s + len(part) / cps
        words.append(Word(part, round(at_s, 2), round(end_s, 2), 0.9))
        at_s = end_s + (0 if language in _UNSPACED else 1 / cps)
    return Segment(text, words[0].start_s, words[-1].end_s, language, tuple(words))


def _characters(text: str) -> list[str]:
    parts: list[str] = []
    for character in text:
        if parts and character in "、。，「」":
            parts[-1] += character
        else:
            parts.append(character)
    return parts
