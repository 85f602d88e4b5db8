"""How captions are written down, and read again: one file a format.

All of them are made of the same cues and one stored transcript. What is said may hold anything at all; each writer
keeps it text, never markup, in its own format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from assistant.captions.cue import Cue
from assistant.captions.formats import ass, lrc, srt, stored, tsv, ttml, txt, vtt
from assistant.captions.formats.reading import read
from assistant.captions.transcript import Transcript
from assistant.errors import ProfileError
from models.settings import nearest

__all__ = ["FORMATS", "extension", "read", "write"]

_Writer = Callable[[Transcript, Sequence[Cue], bool], str]

_WRITERS: Mapping[str, _Writer] = MappingProxyType(
    {
        "srt": srt.write,
        "vtt": vtt.write,
        "ttml": ttml.write,
        "ass": ass.write,
        "lrc": lrc.write,
        "tsv": tsv.write,
        "txt": txt.write,
        "json": stored.write,
    }
)

FORMATS = tuple(_WRITERS)


def write(name: str, transcript: Transcript, cues: Sequence[Cue], words: bool = False) -> str:
    """The whole file, to be stored as UTF-8.

    Args:
        name: one of `FORMATS`.
        transcript: what the cues were made of.
        cues: in order of time.
        words: also say when each word is spoken (karaoke), where the format can: vtt, ass and lrc.

    Raises:
        ProfileError: there is no such format.
    """
    return _WRITERS[_known(name)](transcript, cues, words)


def extension(name: str) -> str:
    """How the name of such a file ends: ".srt".

    Raises:
        ProfileError: there is no such format.
    """
    return f".{_known(name)}"


def _known(name: str) -> str:
    if name not in _WRITERS:
        raise ProfileError(f'there is no caption format "{name}"{nearest(name, FORMATS)}')
    return name
