"""What every format needs of a cue: times in whole ticks, and text that can stand in a file. Nothing of any format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.captions.cue import Cue

# Written from right to left (ISO 639-1): Arabic, Persian, Hebrew (also by its old code), Urdu, Pashto, Sindhi, Uyghur,
# Yiddish, Divehi.
RIGHT_TO_LEFT = frozenset("ar fa he iw ur ps sd ug yi dv".split())

# Written without spaces between words: Chinese and Cantonese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan.
_UNSPACED = frozenset("zh yue ja th lo km my bo".split())

# Controls, and what some reader or other takes for the end of a line.
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

# Not to be written as UTF-8, or not to stand in XML; and the byte order mark, which is a mark and not a letter.
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue as it is written.

    Attributes:
        start, end: in ticks; start < end.
        lines: none empty, each without controls or surrounding white space; at least one.
        cue: what it was.
    """

    start: int
    end: int
    lines: tuple[str, ...]
    cue: Cue


def shown(cues: Iterable[Cue], ticks_per_s: int) -> Iterator[Shown]:
    """The cues that have text, in whole ticks.

    Cues that do not overlap still do not, and each is at least one tick long: one that is shorter pushes the next.
    """
    previous_s, previous = 0.0, 0
    for cue in cues:
        lines = tuple(filter(None, map(clean, cue.lines)))
        if not lines:
            continue
        start = max(0, round(cue.start_s * ticks_per_s))
        if cue.start_s >= previous_s:
            start = max(start, previous)
        end = max(start + 1, round(cue.end_s * ticks_per_s))
        yield Shown(start, end, lines, cue)
        previous_s, previous = cue.end_s, end


def clean(text: str) -> str:
    """On one line, and writable as UTF-8 and XML. Spaces that do not break a line stay as they are."""
    readable = _UNWRITABLE.sub("\ufffd", text.replace(_BYTE_ORDER_MARK, ""))
    return _BREAKING.sub(" ", readable).strip()


def one_line(lines: Iterable[str], language: str) -> str:
    """The lines as one, with spaces between them where the language has any."""
    return ("" if language in _UNSPACED else " ").join(lines)


def clock(ticks: int, ticks_per_s: int) -> tuple[int, int, int, int]:
    """Hours, which may be more than 24, minutes, seconds and ticks."""
    seconds, rest = divmod(ticks, ticks_per_s)
    minutes, second = divmod(seconds, 60)
    return *divmod(minutes, 60), second, rest
