"""Advanced SubStation Alpha, for players with libass. With words, each is filled in while it is spoken (`\\kf`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.captions.cue import Cue
from assistant.captions.formats.karaoke import pieces
from assistant.captions.formats.shown import RIGHT_TO_LEFT, Shown, clean, clock, shown
from assistant.captions.transcript import Transcript

_TICKS_PER_S = 100

# Braces hold commands and a backslash begins one. libass knows an escape, other renderers none; the wide forms look the
# same and mean nothing to any of them.
_ESCAPES = str.maketrans({"{": "｛", "}": "｝", "\\": "＼", "\n": "\\N"})

# The size of the letters and the margins are of a picture of this height, and are scaled with it. Two lines of 1/18 of
# the height leave the picture free, and a twentieth at each edge may be cut off by a screen (EBU R 95). Colours are
# AABBGGRR: white once spoken, grey before, a black outline, and a shadow that is half seen through. The encoding -1 has
# libass find the direction of the text itself; others take it for the default.
_HEADER = """\
[Script Info]
Title: {title}
ScriptType: v4.00+
PlayResX: 1920
PlayResY: 1080
WrapStyle: 2
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,60,&H00FFFFFF,&H00B0B0B0,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,96,96,54,{encoding}

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    encoding = -1 if transcript.language in RIGHT_TO_LEFT else 1
    header = _HEADER.format(title=clean(transcript.title), encoding=encoding)
    return header + "".join(
        f"Dialogue: 0,{_time(cue.start)},{_time(cue.end)},Default,,0,0,0,,{''.join(_text(cue, words))}\n"
        for cue in shown(cues, _TICKS_PER_S)
    )


def _text(cue: Shown, words: bool) -> Iterator[str]:
    spoken = pieces(cue, _TICKS_PER_S)
    timed = words and len(spoken) > 1
    if timed and spoken[0].start > cue.start:
        yield f"{{\\k{spoken[0].start - cue.start}}}"
    ends = [piece.start for piece in spoken[1:]] + [cue.end]
    for piece, end in zip(spoken, ends, strict=True):
        yield (f"{{\\kf{end - piece.start}}}" if timed else "") + piece.text.translate(_ESCAPES)


def _time(ticks: int) -> str:
    hours, minutes, seconds, hundredths = clock(ticks, _TICKS_PER_S)
    return f"{hours}:{minutes:02}:{seconds:02}.{hundredths:02}"
