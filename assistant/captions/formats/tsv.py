"""Tab-separated values as openai-whisper writes them: start and end in milliseconds, and the text; a line a cue."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.captions.cue import Cue
from assistant.captions.formats.shown import one_line, shown
from assistant.captions.transcript import Transcript

_TICKS_PER_S = 1000


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    """Tabs in the text are spaces already: they are controls."""
    return "start\tend\ttext\n" + "".join(
        f"{cue.start}\t{cue.end}\t{one_line(cue.lines, cue.cue.language or transcript.language)}\n"
        for cue in shown(cues, _TICKS_PER_S)
    )
