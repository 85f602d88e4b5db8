"""LRC, for music players. With words it is the enhanced form: a stamp in angle brackets before each word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from assistant.captions.cue import Cue
from assistant.captions.formats.karaoke import pieces
from assistant.captions.formats.shown import Shown, clean, one_line, shown
from assistant.captions.transcript import Transcript

_TICKS_PER_S = 100

# LRC has no escape: a bracket at the start of the text would be a tag, one before a digit a stamp. The wide forms look
# the same.
_TAG = re.compile(r"^\s*\[")
_STAMP = re.compile(r"[<\[](?=\s*\d)")
_WIDE = {"<": "＜", "[": "［"}


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    """A line a cue; an empty line where nothing is shown until the next, since LRC knows no ends."""
    return "".join(_lines(transcript, list(shown(cues, _TICKS_PER_S)), words))


def _lines(transcript: Transcript, cues: Sequence[Shown], words: bool) -> Iterator[str]:
    if title := clean(transcript.title).replace("]", "］"):
        yield f"[ti:{title}]\n"
    for cue, following in zip_longest(cues, cues[1:]):
        yield f"[{_time(cue.start)}]{_text(cue, cue.cue.language or transcript.language, words)}\n"
        if following is None or following.start > cue.end:
            yield f"[{_time(cue.end)}]\n"


def _text(cue: Shown, language: str, words: bool) -> str:
    spoken = pieces(cue, _TICKS_PER_S)
    if not words or len(spoken) == 1:
        return _TAG.sub("［", _plain(one_line(cue.lines, language)))
    stamped = (f"<{_time(piece.start)}>{_plain(one_line(piece.text.split(chr(10)), language))}" for piece in spoken)
    return "".join(stamped) + f"<{_time(cue.end)}>"


def _plain(text: str) -> str:
    return _STAMP.sub(lambda bracket: _WIDE[bracket[0]], text)


def _time(ticks: int) -> str:
    minutes, rest = divmod(ticks, 60 * _TICKS_PER_S)
    return f"{minutes:02}:{rest // _TICKS_PER_S:02}.{rest % _TICKS_PER_S:02}"
