"""JSON: the transcript as it is stored, with everything that any format can be made of."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.captions.cue import Cue
from assistant.captions.transcript import Transcript, to_json


def write(transcript: Transcript, cues: Sequence[Cue], words: bool) -> str:
    return to_json(transcript)
