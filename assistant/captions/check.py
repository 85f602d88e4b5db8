"""Whether cues keep a standard: cues of any file, without words and times of words. Nothing is changed here."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.captions.cue import Cue
from assistant.captions.scripts import language_of, width
from assistant.captions.standards import Standard

# The coarsest of the formats counts in hundredths of a second, so a time in a file may be that far from what was meant.
_TOLERANCE_S = 0.01
# Two times that are meant to be one may differ in the last bit.
_SAME_S = 1e-6


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a cue breaks.

    Attributes:
        at_s: start of the cue, in seconds.
        cue_number: counted from 1.
        rule: "order", "overlap", "empty", "lines", "characters", "reading speed", "too short", "too long" or "gap".
        message: what is, and what may be, in a sentence.
    """

    at_s: float
    cue_number: int
    rule: str
    message: str

    def __str__(self) -> str:
        """One line for people: time code, number of the cue, rule and message."""
        minutes, milliseconds = divmod(max(0, round(self.at_s * 1000)), 60_000)
        clock = f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
        return f"{clock}  cue {self.cue_number}  {self.rule}: {self.message}"


def violations(cues: Sequence[Cue], standard: Standard) -> Iterator[Violation]:
    """Every rule that is broken, in the order of the cues; none for cues that keep the standard.

    The language of a cue decides its length of line and its reading speed. Where the cue does not say it, its script
    does, and where that is shared by many languages, only what no language may do is told.
    """
    for number, (cue, after) in enumerate(itertools.zip_longest(cues, cues[1:]), start=1):
        found = itertools.chain(_of_text(cue, standard), _of_time(cue, standard))
        if after is not None:
            found = itertools.chain(found, _of_gap(cue, after, standard))
        yield from (Violation(cue.start_s, number, rule, message) for rule, message in found)


def reading_speed_cps(cue: Cue) -> float:
    """Characters a second; inf for a cue that takes no time. The end of a line counts as a space."""
    text = " ".join(cue.lines)
    length = width(text, language_of(text, cue.language))
    return length / cue.duration_s if cue.duration_s > 0 else math.inf


def reading_time_s(cue: Cue, standard: Standard) -> float:
    """How long the cue must stay to be read, in seconds. The end of a line counts as a space."""
    text = " ".join(cue.lines)
    language = language_of(text, cue.language)
    return standard.reading_s(width(text, language), len(text.split()), language)


def _of_text(cue: Cue, standard: Standard) -> Iterator[tuple[str, str]]:
    if not cue.text.strip():
        yield "empty", "there is no text"
        return
    if len(cue.lines) > standard.lines:
        yield "lines", f"{len(cue.lines)} lines, at most {standard.lines} are allowed"
    language = language_of(cue.text, cue.language)
    longest = standard.line_length(language)
    for line in cue.lines:
        if (length := width(line, language)) > longest:
            yield "characters", f'{length:g} in the line "{line}", at most {longest} are allowed'


def _of_time(cue: Cue, standard: Standard) -> Iterator[tuple[str, str]]:
    if cue.duration_s <= 0:
        yield "too short", "it ends before it has begun"
        return
    if cue.duration_s < reading_time_s(cue, standard) - _TOLERANCE_S:
        yield "reading speed", _speed(cue, standard)
    if cue.duration_s < standard.shortest_s - _TOLERANCE_S:
        yield "too short", f"{cue.duration_s:.2f} s, at least {standard.shortest_s:.2f} s are needed"
    if cue.duration_s > standard.longest_s + _TOLERANCE_S:
        yield "too long", f"{cue.duration_s:.2f} s, at most {standard.longest_s:.2f} s are allowed"


def _speed(cue: Cue, standard: Standard) -> str:
    text = " ".join(cue.lines)
    language = language_of(text, cue.language)
    fastest_cps = standard.reading_speed_cps(language)
    if (cps := reading_speed_cps(cue)) > fastest_cps:
        return f"{cps:.1f} characters a second, at most {fastest_cps:g} can be read"
    words_a_minute = len(text.split()) / cue.duration_s * 60
    return f"{words_a_minute:.0f} words a minute, at most {60 / standard.word_s(language):.0f} can be read"


def _of_gap(cue: Cue, after: Cue, standard: Standard) -> Iterator[tuple[str, str]]:
    gap_s = after.start_s - cue.end_s
    if after.start_s < cue.start_s:
        yield "order", f"the next cue starts {cue.start_s - after.start_s:.3f} s before it"
    elif gap_s < -_SAME_S:
        yield "overlap", f"the next cue starts {-gap_s:.3f} s before it ends"
    elif not _is_allowed(gap_s, standard):
        yield "gap", f"{gap_s:.3f} s to the next cue, {_allowed(standard)}"


def _is_allowed(gap_s: float, standard: Standard) -> bool:
    """Rules in frames are judged in whole frames, as an editor sees them."""
    if not standard.open_frames:
        return gap_s <= standard.chained_gap_s + _TOLERANCE_S or gap_s >= standard.open_gap_s - _TOLERANCE_S
    frames = math.floor(gap_s * standard.frame_rate_hz + 0.5)
    return frames == standard.chained_frames or frames >= standard.open_frames


def _allowed(standard: Standard) -> str:
    if standard.chained_frames:
        return f"{standard.chained_gap_s:.3f} s or at least {standard.open_gap_s:.3f} s are allowed"
    return f"none or at least {standard.open_gap_s:g} s is allowed"
