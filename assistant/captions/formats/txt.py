"""Text to be read: a line for each segment of the transcript, as openai-whisper writes it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.captions.cue import Cue
from assistant.captions.formats.shown import clean
from assistant.captions.transcript import Transcript


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    lines = (clean(segment.text) for segment in transcript.segments)
    return "".join(f"{line}\n" for line in lines if line)
