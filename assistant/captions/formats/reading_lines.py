"""Reading SubRip and WebVTT: lines of times, each with lines of text below it.

Tolerant, as players are: blank lines and numbers may be missing, hours may be left out, either mark may stand before
the milliseconds.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from assistant.captions.cue import Cue

_TIME = r"(?:(\d{1,9}):)?(\d{1,3}):(\d{1,3})(?:[.,](\d{1,9}))?"
_TIMES = re.compile(rf"\s*{_TIME}\s*-+>\s*{_TIME}(?:\s|$)")
_NUMBER = re.compile(r"\s*\d+\s*$")

# What SubRip players obey and do not show; other angle brackets are text.
_SRT_TAG = re.compile(r"</?\s*(?:b|i|u|s|font)\b[^<>]*>|\{\s*\\[^{}]*\}", re.IGNORECASE)
_VTT_TAG = re.compile(r"<[^<>]*>")


def read_srt(text: str) -> list[Cue]:
    return list(_cues(text, lambda line: _SRT_TAG.sub("", line)))


def read_vtt(text: str) -> list[Cue]:
    """Comments, styles and regions hold no line of times and are passed over."""
    return list(_cues(text, lambda line: html.unescape(_VTT_TAG.sub("", line))))


def _cues(text: str, visible: Callable[[str], str]) -> Iterator[Cue]:
    times: re.Match[str] | None = None
    block: list[str] = []
    for line in text.split("\n"):
        if (following := _TIMES.match(line)) is None:
            block.append(line)
            continue
        if times:
            yield _cue(times, _own_lines(block), visible)
        times, block = following, []
    if times:
        yield _cue(times, _until_blank(block), visible)


def _own_lines(block: list[str]) -> list[str]:
    """What stands between two lines of times, without the name or number of the cue that follows."""
    if block and block[-1].strip():
        is_named = len(block) > 1 and not block[-2].strip()
        if is_named or _NUMBER.match(block[-1]):
            block = block[:-1]
    return _until_blank(block)


def _until_blank(block: list[str]) -> list[str]:
    """A blank line ends the text; comments may follow. One at its very start is an oversight."""
    lines = [line.strip() for line in block]
    while lines and not lines[0]:
        del lines[0]
    return lines[: lines.index("")] if "" in lines else lines


def _cue(times: re.Match[str], lines: list[str], visible: Callable[[str], str]) -> Cue:
    shown = (visible(line).strip() for line in lines)
    groups = times.groups()
    return Cue(_seconds(groups[:4]), _seconds(groups[4:]), tuple(line for line in shown if line))


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    # Rounded so that 0.1 + 3600 is the number nearest to 3600.1, as a comparison with a standard wants it.
    return round(int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}"), 6)
