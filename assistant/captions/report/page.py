"""Writing the page. All that comes from outside is in blocks of JSON, which the script puts into the page as text: it
has no way of becoming markup."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

from assistant.captions.check import reading_speed_cps
from assistant.captions.cue import Cue
from assistant.captions.formats.karaoke import pieces
from assistant.captions.formats.shown import clean, shown
from assistant.captions.report.entry import ReportEntry
from assistant.errors import FileUnusable

_SCRIPTS = ("drawing.js", "page.js")

# Below this a word is more likely wrong than right; a reader should look at it.
_DOUBTFUL = 0.5

# What browsers show a picture of; everything else is played as sound.
_VIDEO_ENDINGS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".ogv", ".avi", ".ts", ".mpg", ".mpeg")

# Ends a block of JSON, or a line of script, for some reader of HTML or JavaScript.
_JSON_ESCAPES = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})


def write_report(path: Path, entries: Sequence[ReportEntry]) -> None:
    """One HTML file, complete in itself but for the recordings, to which it links. It appears when it is complete.

    Raises:
        FileUnusable: it cannot be written.
    """
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(_page(entries, path.absolute().parent))
        part.replace(path)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _page(entries: Sequence[ReportEntry], folder: Path) -> Iterator[str]:
    """In pieces: the page of a large batch need not be in memory at once."""
    own = resources.files("assistant.captions.report")
    style = own.joinpath("page.css").read_text("utf-8")
    script = "\n".join(own.joinpath(name).read_text("utf-8") for name in _SCRIPTS)
    frame = Template(own.joinpath("page.html").read_text("utf-8"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; media-src 'self' file:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # The frame has one place for the blocks of JSON; what stands before it is written first.
    head, tail = frame.substitute(policy=escape(policy), style=style, script=script, entries="\0").split("\0")
    yield head
    for entry in entries:
        yield f'<script type="application/json" class="entry">{_json(_described(entry, folder))}</script>\n'
    yield tail


def _hash(content: str) -> str:
    """By which a browser knows that this is the script, or the style, that may be used: no other is."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_JSON_ESCAPES)


def _described(entry: ReportEntry, folder: Path) -> dict[str, object]:
    heard = entry.transcript
    ends = [cue.end_s for cue in entry.cues]
    return {
        "title": clean(entry.title),
        "failure": entry.failure,
        "language": heard.language if heard else "",
        "model": heard.model if heard else "",
        "source": heard.source if heard else "",
        "link": heard.source if heard and urlsplit(heard.source).scheme in ("http", "https") else None,
        "duration_s": round(max([heard.duration_s if heard else 0.0, *ends]), 3),
        "media": _relative(entry.media, folder) if entry.media else None,
        "is_video": entry.media is not None and entry.media.suffix.lower() in _VIDEO_ENDINGS,
        "fastest_cps": entry.fastest_cps,
        "peaks": base64.b64encode(entry.peaks.values).decode() if entry.peaks else "",
        "interval_s": entry.peaks.interval_s if entry.peaks else 0,
        "cues": [_cue(cue) for cue in entry.cues],
        "violations": [[round(v.at_s, 3), v.cue_number, v.rule, v.message] for v in entry.violations],
    }


def _relative(media: Path, folder: Path) -> str | None:
    """A link that still holds when both are moved together; None where there is no way from one to the other."""
    try:
        relative = Path(os.path.relpath(media.absolute(), folder))
    except ValueError:  # two drives of Windows
        return None
    return quote(os.fsencode(relative.as_posix()), safe="/")  # a colon in a name would be a scheme


def _cue(cue: Cue) -> list[object]:
    """Start, end, confidence or null, the text, for each line its parts, doubtful ones being in lists, and the reading
    speed in characters a second."""
    words = cue.words
    confidence = round(sum(word.probability for word in words) / len(words), 3) if words else None
    speed_cps = reading_speed_cps(cue) if cue.duration_s > 0 else 0.0
    return [round(cue.start_s, 3), round(cue.end_s, 3), confidence, list(_lines(cue)), round(speed_cps, 2)]


def _lines(cue: Cue) -> Iterator[list[str | list[str]]]:
    line: list[str | list[str]] = []
    for text, is_doubtful in _parts(cue):
        for number, part in enumerate(text.split("\n")):
            if number:
                yield line
                line = []
            word = part.rstrip() if is_doubtful else ""
            if word:
                line.append([word])
            _append(line, part[len(word) :])
    yield line


def _append(line: list[str | list[str]], text: str) -> None:
    """Joined with what stands before it, so that a cue without doubts is one text."""
    if line and isinstance(line[-1], str):
        line[-1] += text
    elif text:
        line.append(text)


def _parts(cue: Cue) -> Iterable[tuple[str, bool]]:
    """The text in words, with whether each is doubtful; in one where it is not known which word is which."""
    for seen in shown([cue], 1000):
        parts = pieces(seen, 1000)
        if len(parts) == len(cue.words):
            for part, word in zip(parts, cue.words, strict=True):
                yield part.text, word.probability < _DOUBTFUL
        else:
            yield "\n".join(seen.lines), False
