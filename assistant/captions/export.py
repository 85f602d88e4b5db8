"""From a stored transcript to the files of one item. A file appears under its name when it is complete."""

from __future__ import annotations

import glob
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from assistant.captions import formats
from assistant.captions.cue import Cue
from assistant.captions.layout import lay_out
from assistant.captions.settings import USUAL_FORMATS, BatchSettings, Output
from assistant.captions.standards import standard
from assistant.captions.transcript import Transcript
from assistant.sources.item import Item
from models.video.burn import burn
from models.video.containers import container_for
from models.video.embed import embed

_FilmWriter: TypeAlias = Callable[[Path, Sequence[tuple[float, float, str]], str, Path, Callable[[float], None]], None]

_FILM_WRITERS: Mapping[str, _FilmWriter] = MappingProxyType({".embedded": embed, ".burnt": burn})


def cues_of(transcript: Transcript, settings: BatchSettings) -> list[Cue]:
    """As they are written."""
    return lay_out(transcript.segments, standard(settings.standard))


def text_files(output: Output, settings: BatchSettings) -> list[Path]:
    """The files that are wanted of an item, in all formats."""
    return [output.path(formats.extension(name)) for name in _wanted(output, settings)]


def _wanted(output: Output, settings: BatchSettings) -> Sequence[str]:
    """The formats that were chosen; where none was, those that the item has already, or else the usual ones."""
    there = [name for name in formats.FORMATS if output.path(formats.extension(name)).exists()]
    return settings.formats or there or USUAL_FORMATS


def all_there(output: Output, settings: BatchSettings) -> bool:
    """Whether no text file is missing."""
    return all(path.exists() for path in text_files(output, settings))


def films_missing(output: Output, settings: BatchSettings) -> bool:
    """Whether a captioned copy of the recording is wanted that is not there, in whatever container."""
    name = glob.escape(output.name)
    return any(not list(output.folder.glob(f"{name}{kind}.*")) for kind in _film_writers(settings))


def is_film_of(folder: Path, item: Item) -> bool:
    """Whether the item is a captioned copy that was written to the output folder: that needs no captions."""
    path = Path(item.address)
    return item.is_local and path.parent == folder.resolve() and Path(path.stem).suffix in _FILM_WRITERS


def _film_writers(settings: BatchSettings) -> dict[str, _FilmWriter]:
    """What writes the captioned copies that are wanted, by how their names end before the ending of the container."""
    wanted = {".embedded": settings.embed, ".burnt": settings.burn}
    return {kind: write for kind, write in _FILM_WRITERS.items() if wanted[kind]}


def write_texts(
    transcript: Transcript, cues: Sequence[Cue], output: Output, settings: BatchSettings, *, anew: bool
) -> list[Path]:
    """Writes the formats that are missing, or with `anew` all of them; returns where all of them are.

    Raises:
        OSError: a file cannot be written.
    """
    paths = text_files(output, settings)
    for name, path in zip(_wanted(output, settings), paths, strict=True):
        if anew or not path.exists():
            write_text(path, formats.write(name, transcript, cues, settings.words), output.scratch)
    return paths


@dataclass(frozen=True, slots=True)
class Captioned:
    """A recording, and what is to be put into it."""

    media: Path
    language: str
    cues: Sequence[Cue]


def write_films(
    recording: Captioned, output: Output, settings: BatchSettings, on_progress: Callable[[float], None]
) -> list[Path]:
    """Writes the captioned copies of the recording. Takes its time: a picture is encoded anew.

    Raises:
        VideoError: there is no picture to draw into, or no font for the text.
        AudioError: the recording cannot be read.
        OSError: a copy cannot be moved to its place.
    """
    captions = [(cue.start_s, cue.end_s, cue.text) for cue in recording.cues]
    paths = []
    for kind, write in _film_writers(settings).items():
        path = output.path(f"{kind}{container_for(recording.media)}")
        part = output.scratch / f"{secrets.token_hex(8)}{path.suffix}"
        write(recording.media, captions, recording.language, part, on_progress)
        part.replace(path)
        paths.append(path)
    return paths


def write_text(path: Path, text: str, scratch: Path) -> None:
    """
    Args:
        scratch: where it is until it is complete; on the same disk.

    Raises:
        OSError: it cannot be written.
    """
    part = scratch / secrets.token_hex(8)
    part.write_text(text, "utf-8", errors="replace", newline="")
    part.replace(path)
