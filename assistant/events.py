"""What happens in a conversation, in the past tense. Every way in (terminal, page, socket, file) shows these only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from models.types import Audio


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The last sample of an utterance has been read."""

    t_s: float


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
    """

    t_s: float
    audio: Audio
    clause: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that is not part of the reply, such as a voice that stands in for another."""

    t_s: float
    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The reply is complete and all of it has been handed out.

    Attributes:
        reply: the whole text.
    """

    t_s: float
    reply: str


Event: TypeAlias = SpeechEnded | FinalTranscript | ReplyDelta | ClauseWritten | SpokenAudio | Notice | TurnEnded
