"""Where the time of a turn went. Pure: events in, seconds out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.events import ClauseWritten, Event, FinalTranscript, ReplyDelta, SpeechEnded, SpokenAudio, TurnEnded


@dataclass(frozen=True, slots=True)
class Timeline:
    """Seconds from the turn's first event to each of these; None: it did not happen.

    Attributes:
        speech_end_s: the last sample of the question had been read; 0 for a recording, which is handed over whole.
        transcript_s: the final transcript was there.
        first_delta_s: the language model had written its first piece.
        first_clause_s: the first clause was long enough to be spoken.
        first_audio_s: the first chunk of speech was handed out.
        end_s: all of it was.
    """

    speech_end_s: float | None = None
    transcript_s: float | None = None
    first_delta_s: float | None = None
    first_clause_s: float | None = None
    first_audio_s: float | None = None
    end_s: float | None = None


_FIRSTS: dict[type[Event], str] = {
    SpeechEnded: "speech_end_s",
    FinalTranscript: "transcript_s",
    ReplyDelta: "first_delta_s",
    ClauseWritten: "first_clause_s",
    SpokenAudio: "first_audio_s",
    TurnEnded: "end_s",
}


def timeline(events: Iterable[Event]) -> Timeline:
    """The timeline of one turn, from its events in the order in which they happened."""
    start_s: float | None = None
    firsts: dict[str, float] = {}
    for event in events:
        start_s = event.t_s if start_s is None else start_s
        if name := _FIRSTS.get(type(event)):
            firsts.setdefault(name, round(event.t_s - start_s, 4))
    return Timeline(**firsts)
