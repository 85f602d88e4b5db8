"""What was heard in one window, cut where sentences end or somebody pauses for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.types import Segment, Word

_ENDS = ".!?…。！？．｡؟۔।"
_CLOSING = "\"'”’»)]}」』"
# Longer than any pause within a sentence that is read, shorter than that between two speakers' turns.
_PAUSE_S = 1.0
# A full stop behind a few letters may belong to an abbreviation or an initial ("Mr.", "J."); a pause says that it does
# not.
_ABBREVIATION_LETTERS = 3
_SHORT_PAUSE_S = 0.25


def without_false_end(part: Segment, following: Segment) -> Segment:
    """The last part of a window, without a full stop that ends no sentence: Whisper likes to write one where the window
    ends. Where the next window follows soon and begins with a small letter, the sentence goes on.

    Args:
        part, following: with words.
    """
    *before, last = part.words
    first = following.words[0]
    bare = last.text.removesuffix(".")
    is_end = bare != last.text and len(bare) > _ABBREVIATION_LETTERS and not bare.endswith(tuple(_ENDS))
    follows = 0 <= first.start_s - last.end_s < _PAUSE_S and part.language == following.language
    if not (is_end and follows and first.text.islower()):
        return part
    return replace(part, text=part.text.removesuffix("."), words=(*before, replace(last, text=bare)))


def utterances(segment: Segment) -> Iterator[Segment]:
    """
    Args:
        segment: with words, whose texts follow each other in its text.

    Yields:
        Its parts in order, each with at least one word; their texts have the spaces of the whole.
    """
    first, at = 0, 0
    for last, word in enumerate(segment.words):
        following = segment.words[last + 1] if last + 1 < len(segment.words) else None
        if following is None or _ends(word, following):
            words = segment.words[first : last + 1]
            text, at = _text(segment.text, words, at)
            yield replace(segment, text=text, start_s=words[0].start_s, end_s=words[-1].end_s, words=words)
            first = last + 1


def _ends(word: Word, following: Word) -> bool:
    pause_s = following.start_s - word.end_s
    bare = word.text.rstrip(_CLOSING)
    if not bare.endswith(tuple(_ENDS)):
        return pause_s >= _PAUSE_S
    is_short = bare.endswith(".") and len(bare.rstrip(_ENDS)) <= _ABBREVIATION_LETTERS
    return not is_short or pause_s >= _SHORT_PAUSE_S


def _text(whole: str, words: Sequence[Word], at: int) -> tuple[str, int]:
    """The part of the text that these words are, and where it ends; words that are left out between them are too."""
    text = ""
    for word in words:
        found = whole.find(word.text, at)
        if found < 0:
            text += f" {word.text}"
            continue
        gap = whole[at:found]
        text += (gap if not gap.strip() else " ") + word.text
        at = found + len(word.text)
    return text.strip(), at
