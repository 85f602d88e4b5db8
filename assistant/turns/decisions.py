"""What turn taking decides. `sample`: where that was, in samples since the start of the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """An utterance has begun: exactly one `UtteranceEnded` or `UtteranceDropped` follows.

    Attributes:
        start_sample: where its audio begins, pre-roll included.
    """

    sample: int
    start_sample: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The user is silent for a moment: a transcript begun now, up to `sample`, may turn out to be the final one."""

    sample: int


@dataclass(frozen=True, slots=True)
class SoftEnded:
    """The user may have finished: prepare the reply, and ask the end-of-turn model about the audio up to `sample`."""

    sample: int


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The user goes on after `Paused` or `SoftEnded`: what was prepared is void."""

    sample: int


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """The user has finished. The transcript may still be on its way where it was slow, and may then turn out empty.

    Attributes:
        start_sample, end_sample: the audio of the utterance.
        speech_end_sample: the last sample of speech in it.
        is_forced: it grew too long and was split. The user goes on: `SpeechStarted` follows at once, without gap or
            overlap, and what follows belongs to the same turn, even if it is dropped.
    """

    sample: int
    start_sample: int
    end_sample: int
    speech_end_sample: int
    is_forced: bool = False


DropReason: TypeAlias = Literal["too short", "no words", "hesitation", "backchannel"]


@dataclass(frozen=True, slots=True)
class UtteranceDropped:
    """What began with `SpeechStarted` makes no turn."""

    sample: int
    start_sample: int
    reason: DropReason


@dataclass(frozen=True, slots=True)
class Ducked:
    """The user may be speaking over the reply: play it more quietly. `Held`, `BargedIn` or `ReplyResumed` follows."""

    sample: int


@dataclass(frozen=True, slots=True)
class Held:
    """A sound over the reply lasts, or is speech: playback stops where it is, nothing is cancelled yet."""

    sample: int


@dataclass(frozen=True, slots=True)
class BargedIn:
    """The user said real words over the reply: it ends for good."""

    sample: int


@dataclass(frozen=True, slots=True)
class ReplyResumed:
    """Whatever was heard over the reply was no interruption: it goes on where it was, at its full volume."""

    sample: int


Decision: TypeAlias = (
    SpeechStarted
    | Paused
    | SoftEnded
    | SpeechResumed
    | UtteranceEnded
    | UtteranceDropped
    | Ducked
    | Held
    | BargedIn
    | ReplyResumed
)
