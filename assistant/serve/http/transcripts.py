"""What was heard in an uploaded recording, in the shapes that clients ask for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from assistant.captions import formats
from assistant.captions.layout import lay_out
from assistant.captions.scripts import UNSPACED
from assistant.captions.standards import standard
from assistant.captions.transcript import Transcript
from models.types import Segment

TranscriptFormat: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt"]
Granularity: TypeAlias = Literal["word", "segment"]

MEDIA_TYPES: Mapping[TranscriptFormat, str] = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}


def text_of(transcript: Transcript) -> str:
    """All of it in one line."""
    return "".join(delta(segment, is_first=index == 0) for index, segment in enumerate(transcript.segments))


def delta(segment: Segment, *, is_first: bool) -> str:
    """What a segment adds to the text: itself, and the space before it where its language has any."""
    return segment.text if is_first or segment.language in UNSPACED else f" {segment.text}"


def as_text(transcript: Transcript, wanted: TranscriptFormat) -> str:
    """Of "text", "srt" or "vtt"; the captions keep to the rules of `assistant captions`."""
    if wanted == "text":
        return f"{text_of(transcript)}\n"
    return formats.write(wanted, transcript, lay_out(transcript.segments, standard("netflix")))


def as_json(
    transcript: Transcript, wanted: TranscriptFormat, granularities: frozenset[Granularity], task: str
) -> Mapping[str, Any]:
    """Of "json" or "verbose_json".

    Args:
        granularities: which times the verbose form has.
        task: "transcribe" or "translate".
    """
    usage = {"type": "duration", "seconds": round(transcript.duration_s, 3)}
    if wanted == "json":
        return {"text": text_of(transcript), "usage": usage}
    verbose: dict[str, Any] = {
        "task": task,
        "language": transcript.language,
        "duration": round(transcript.duration_s, 3),
        "text": text_of(transcript),
        "usage": usage,
    }
    if "word" in granularities:
        verbose["words"] = [
            {"word": word.text, "start": round(word.start_s, 3), "end": round(word.end_s, 3)}
            for word in transcript.words
        ]
    if "segment" in granularities:
        verbose["segments"] = [_segment(index, segment) for index, segment in enumerate(transcript.segments)]
    return verbose


def _segment(index: int, segment: Segment) -> Mapping[str, Any]:
    """As OpenAI's, without what says nothing here: tokens, seek, the compression ratio."""
    return {
        "id": index,
        "start": round(segment.start_s, 3),
        "end": round(segment.end_s, 3),
        "text": segment.text,
        "avg_logprob": segment.mean_log_probability,
        "no_speech_prob": segment.no_speech_probability,
    }
