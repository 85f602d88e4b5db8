"""WebVTT (W3C). With words, a time stamp stands before each one (section 4.2.2, "cue timestamp")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.captions.cue import Cue
from assistant.captions.formats.karaoke import pieces
from assistant.captions.formats.shown import Shown, clock, shown
from assistant.captions.transcript import Transcript

_TICKS_PER_S = 1000

# `-->` cannot stand in a cue either; escaped it does not.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    return "WEBVTT\n\n" + "".join(
        f"{_time(cue.start)} --> {_time(cue.end)}\n{''.join(_text(cue, words))}\n\n"
        for cue in shown(cues, _TICKS_PER_S)
    )


def _text(cue: Shown, words: bool) -> Iterator[str]:
    latest = cue.start
    for piece in pieces(cue, _TICKS_PER_S):
        # The standard wants each stamp later than the one before it, and within the cue.
        if words and latest < piece.start < cue.end:
            yield f"<{_time(piece.start)}>"
            latest = piece.start
        yield piece.text.translate(_ESCAPES)


def _time(ticks: int) -> str:
    hours, minutes, seconds, milliseconds = clock(ticks, _TICKS_PER_S)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
