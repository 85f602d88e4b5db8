"""Where the time of a turn went. Pure: events in, seconds out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.events import ClauseWritten, Event, FinalTranscript, ReplyDelta, SpeechEnded, SpokenAudio, TurnEnded


@dataclass(frozen=True, slots=True)
class Timeline:
    """Seconds from the last speech of the question to each of these; None: it did not happen.

    In a live conversation a stage may have been ready before the one that is named before it here.

    Attributes:
        speech_end_s: the last sample of the question: 0.
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
    FinalTranscript: "transcript_s",
    ReplyDelta: "first_delta_s",
    ClauseWritten: "first_clause_s",
    SpokenAudio: "first_audio_s",
    TurnEnded: "end_s",
}


def timeline(events: Iterable[Event]) -> Timeline:
    """The timeline of one turn, from its events in the order in which they happened.

    Who goes on speaking before the reply sounds begins it anew.
    """
    speech_end_s = 0.0
    firsts: dict[str, float] = {}
    for event in events:
        if isinstance(event, SpeechEnded):
            speech_end_s, firsts = event.speech_end_s, {"speech_end_s": 0.0}
        elif name := _FIRSTS.get(type(event)):
            firsts.setdefault(name, round(event.t_s - speech_end_s, 4))
    return Timeline(**firsts)
