"""SubRip: plain UTF-8 without markup, as YouTube wants it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.captions.cue import Cue
from assistant.captions.formats.shown import clock, shown
from assistant.captions.transcript import Transcript

_TICKS_PER_S = 1000

# SubRip has no escape. An arrow makes a line of times of any line, and players obey these tags. What would be one is
# written with the wide form of its first letter, which looks the same and is none.
_ARROW = re.compile(r"--+>")
_TAG = re.compile(r"<(?=\s*[/a-zA-Z])")
_OVERRIDE = re.compile(r"\{(?=\s*\\)")


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    """Has no times of words: players would show them as text."""
    return "".join(
        f"{number}\n{_time(cue.start)} --> {_time(cue.end)}\n{_plain(chr(10).join(cue.lines))}\n\n"
        for number, cue in enumerate(shown(cues, _TICKS_PER_S), 1)
    )


def _plain(text: str) -> str:
    return _OVERRIDE.sub("｛", _TAG.sub("＜", _ARROW.sub("->", text)))


def _time(ticks: int) -> str:
    hours, minutes, seconds, milliseconds = clock(ticks, _TICKS_PER_S)
    return f"{hours:02}:{minutes:02}:{seconds:02},{milliseconds:03}"
