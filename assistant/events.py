"""What happens in a conversation, in the past tense. Every way in (terminal, page, socket, file) shows these only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from models.types import Audio


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user began to speak."""

    t_s: float


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """What the user has said so far.

    Attributes:
        committed: never changes again.
        tentative: may still change.
    """

    t_s: float
    committed: str
    tentative: str


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The user has finished; it was certain a little later than the speech ended.

    Attributes:
        speech_end_s: when the last speech was heard, on the same clock.
    """

    t_s: float
    speech_end_s: float


@dataclass(frozen=True, slots=True)
class SpeechDropped:
    """What began as speech makes no turn.

    Attributes:
        reason: "too short", "no words", "hesitation", "backchannel", or "not addressed": no wake word.
    """

    t_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """What the user said.

    Attributes:
        text: never empty.
        language: ISO 639-1 code that was heard.
    """

    t_s: float
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """The newest piece of the reply; all of them joined are the reply."""

    t_s: float
    text: str


@dataclass(frozen=True, slots=True)
class ClauseWritten:
    """A piece of the reply is long enough to be spoken, and is on its way to the voice."""

    t_s: float
    text: str


@dataclass(frozen=True, slots=True)
class SpokenAudio:
    """A chunk of speech, to be played after the ones before it.

    Attributes:
        clause: the text that this chunk is a part of.
        index: of that clause within the reply, from 0; a clause may be said twice.
    """

    t_s: float
    audio: Audio
    clause: str
    index: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that is not part of the reply, such as a voice that stands in for another."""

    t_s: float
    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The reply is complete and all of it has been played or handed out.

    Attributes:
        reply: the whole text.
    """

    t_s: float
    reply: str


@dataclass(frozen=True, slots=True)
class Ducked:
    """The user may be speaking over the reply, which goes on quietly."""

    t_s: float


@dataclass(frozen=True, slots=True)
class Held:
    """The user keeps speaking over the reply, which waits in silence."""

    t_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """It was no interruption: the reply goes on where it was."""

    t_s: float


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user's words ended the reply, or a failure of which a `Notice` tells; nothing of it is played any more.

    Attributes:
        heard: the part of the reply that was really played.
    """

    t_s: float
    heard: str


Event: TypeAlias = (
    SpeechStarted
    | PartialTranscript
    | SpeechEnded
    | SpeechDropped
    | FinalTranscript
    | ReplyDelta
    | ClauseWritten
    | SpokenAudio
    | Notice
    | TurnEnded
    | Ducked
    | Held
    | Resumed
    | Interrupted
)
