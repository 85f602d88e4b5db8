"""What happens in a conversation, in the past tense. Every way in (terminal, page, socket, file) shows these only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from models.pictures import Picture
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


@dataclass(frozen=True, slots=True)
class PictureStarted:
    """A picture is being made, while the conversation goes on.

    Attributes:
        picture_id: of the picture to come, unique in the gallery.
        prompt: what is to be seen, as the user will be told.
    """

    t_s: float
    picture_id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class PictureProgress:
    """One step of a picture is done.

    Attributes:
        step: done so far, from 1; of `steps` in all.
        preview: roughly what it will be; None at most steps.
    """

    t_s: float
    picture_id: str
    step: int
    steps: int
    preview: Picture | None


@dataclass(frozen=True, slots=True)
class PictureReady:
    """A picture is finished and kept, and is the one that is spoken about from now on; or an older one is again.

    Attributes:
        path: in the gallery: a PNG file, or an animation.
        licence: of the model that made it.
    """

    t_s: float
    picture_id: str
    picture: Picture
    path: Path
    prompt: str
    licence: str


@dataclass(frozen=True, slots=True)
class PictureDropped:
    """A picture that was being made will not come.

    Attributes:
        reason: "cancelled", or what failed, in one sentence.
    """

    t_s: float
    picture_id: str
    reason: str


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
    | PictureStarted
    | PictureProgress
    | PictureReady
    | PictureDropped
)
