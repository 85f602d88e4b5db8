"""How many rules of each standard our layout breaks, and openai-whisper's own writer with the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.captions import formats
from assistant.captions.check import violations
from assistant.captions.layout import lay_out
from assistant.captions.standards import STANDARDS, Standard
from assistant.captions.transcript import Transcript
from models.types import Segment


@dataclass(frozen=True, slots=True)
class Rules:
    """Violations of a standard in SRT files that were read back.

    Attributes:
        our_cues, ours: of ours.
        openai_whisper: of its writer as it comes: a segment is a cue.
        openai_whisper_with_lines: of its writer when it is told the length and the number of lines.
    """

    our_cues: int
    ours: int
    openai_whisper: int
    openai_whisper_with_lines: int


def rules_broken(segments: Sequence[Segment], folder: Path) -> dict[str, Rules]:
    """By standard.

    Args:
        segments: with words.
        folder: for the files.
    """
    return {name: _rules(segments, standard, folder) for name, standard in STANDARDS.items()}


def _rules(segments: Sequence[Segment], standard: Standard, folder: Path) -> Rules:
    cues = lay_out(segments, standard)
    transcript = Transcript("", "", "", segments[-1].end_s if segments else 0.0, "", tuple(segments))
    path = folder / "ours.srt"
    path.write_text(formats.write("srt", transcript, cues), encoding="utf-8")
    lines = {"max_line_width": int(standard.characters), "max_line_count": standard.lines}
    return Rules(
        len(cues),
        _broken(path, standard),
        _broken(_by_openai(segments, folder, {}), standard),
        _broken(_by_openai(segments, folder, lines), standard),
    )


def _broken(path: Path, standard: Standard) -> int:
    return sum(1 for _ in violations(formats.read(path), standard))


def _by_openai(segments: Sequence[Segment], folder: Path, options: dict[str, int]) -> Path:
    from whisper.utils import get_writer

    result: dict[str, Any] = {"text": "", "language": "en", "segments": [_as_theirs(segment) for segment in segments]}
    get_writer("srt", str(folder))(result, "theirs.wav", options)
    return folder / "theirs.srt"


def _as_theirs(segment: Segment) -> dict[str, Any]:
    return {
        "start": segment.start_s,
        "end": segment.end_s,
        "text": segment.text,
        "words": [
            {"word": f" {word.text}", "start": word.start_s, "end": word.end_s, "probability": word.probability}
            for word in segment.words
        ],
    }
