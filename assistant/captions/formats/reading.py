"""Captions of any origin, for checking: SubRip, WebVTT, SubStation Alpha and TTML, as they are found in the world.

What a file is, its first characters say: names are often wrong. Files are hostile input; nothing here follows a
reference out of the file.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from assistant.captions.cue import Cue
from assistant.captions.formats import reading_ass, reading_lines, reading_ttml
from assistant.errors import FileUnusable

# The captions of a day take 5 MB. Much more than that is something else, and would only fill the memory.
_LARGEST_BYTES = 64 << 20

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: Path) -> list[Cue]:
    """The cues as they stand in the file, in its order, with the text as it is seen: without markup.

    Nothing is repaired: an end before its start, an overlap, an empty cue are what a check is to find.

    Raises:
        FileUnusable: it cannot be read, is too large, or holds no captions in a format that is known.
    """
    text = _text(path).replace("\r\n", "\n").replace("\r", "\n")
    opening = text.lstrip()[:200]
    if opening.startswith("WEBVTT"):
        return reading_lines.read_vtt(text)
    if opening.startswith("<"):
        return reading_ttml.read_ttml(text, path)
    if opening.lower().startswith(("[script info]", "[v4", "[events]", ";")):
        return reading_ass.read_ass(text, path)
    cues = reading_lines.read_srt(text)
    if opening and not cues:
        raise FileUnusable(f"{path} holds no captions; give a file of the formats srt, vtt, ass or ttml")
    return cues


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise FileUnusable(f"{path} is {'a directory' if path.is_dir() else 'not a regular file'}; give a caption file")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST_BYTES:
        raise FileUnusable(f"{path} is larger than {_LARGEST_BYTES >> 20} MB; that is no caption file")
    text = _decoded(content)
    if "\0" in text:
        raise FileUnusable(f"{path} is not a text file; give a file of the formats srt, vtt, ass or ttml")
    return text


def _decoded(content: bytes) -> str:
    """UTF-8, or UTF-16 where a byte order mark says so; else Latin-1 in the form that Windows writes."""
    encoding = "utf-16" if content.startswith(_UTF_16_MARKS) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
