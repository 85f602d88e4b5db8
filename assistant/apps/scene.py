"""What a view of a live conversation shows at a moment. Pure: the scene before and an event -> the scene after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from assistant import events
from assistant.events import Event
from assistant.metrics import Timeline, timeline
from assistant.phrases.words import tokens
from assistant.turns.heard import SpokenClause, heard_text

State: TypeAlias = Literal["listening", "thinking", "speaking", "held"]


@dataclass(frozen=True, slots=True)
class Scene:
    """
    Attributes:
        committed, tentative: of what the user is saying.
        reply: of the turn, as far as it is written.
        clauses: of the reply, as far as they are handed to the loudspeaker, in samples of `clauses_hz`.
        drawing: what the picture that is being made is to show; "": none is.
        drawn_part: of its steps, in [0, 1].
        last_turn: where the time of the last turn went; what was told without being asked for is no turn.
        marks: the events that tell so of the running one.
    """

    state: State = "listening"
    committed: str = ""
    tentative: str = ""
    reply: str = ""
    clauses: tuple[SpokenClause, ...] = ()
    clauses_hz: int = 1
    drawing: str = ""
    drawn_part: float = 0.0
    last_turn: Timeline | None = None
    marks: tuple[Event, ...] = ()

    def split_reply(self, played_s: float) -> tuple[str, str]:
        """What of the reply was heard, and the rest.

        Args:
            played_s: of the reply, as the loudspeaker counts.
        """
        heard = len(tokens(heard_text(self.clauses, round(played_s * self.clauses_hz), self.clauses_hz)))
        end = tokens(self.reply)[heard - 1].end if heard else 0
        return self.reply[:end], self.reply[end:]


def after(scene: Scene, event: Event) -> Scene:
    """The scene once the event has happened."""
    match event:
        case events.PartialTranscript():
            return replace(scene, committed=event.committed, tentative=event.tentative)
        case events.SpeechDropped():
            return replace(scene, committed="", tentative="")
        case events.SpeechEnded():
            return replace(scene, state="thinking", marks=(*scene.marks, event))
        case events.FinalTranscript():
            marks = (*scene.marks, event)
            return replace(scene, state="thinking", committed="", tentative="", reply="", clauses=(), marks=marks)
        case events.ReplyDelta():
            marks = scene.marks if scene.reply else (*scene.marks, event)
            return replace(scene, reply=(scene.reply + event.text).lstrip(), marks=marks)
        case events.ClauseWritten():
            return scene if scene.clauses else replace(scene, marks=(*scene.marks, event))
        case events.SpokenAudio():
            return _spoken(scene, event)
        case events.Held():
            return replace(scene, state="held")
        case events.Resumed():
            return replace(scene, state="speaking")
        case events.TurnEnded() | events.Interrupted():
            ended = replace(scene, state="listening", reply="", clauses=(), marks=())
            if any(isinstance(mark, events.SpeechEnded) for mark in scene.marks):
                return replace(ended, last_turn=timeline((*scene.marks, event)))
            return ended
    return _drawn(scene, event)


def _drawn(scene: Scene, event: Event) -> Scene:
    match event:
        case events.PictureStarted():
            return replace(scene, drawing=event.prompt or "a picture", drawn_part=0.0)
        case events.PictureProgress():
            return replace(scene, drawn_part=event.step / event.steps)
        case events.PictureReady() | events.PictureDropped():
            return replace(scene, drawing="", drawn_part=0.0)
    return scene


def _spoken(scene: Scene, event: events.SpokenAudio) -> Scene:
    state: State = scene.state if scene.state == "held" else "speaking"
    n_samples = len(event.audio.samples)
    if event.index < len(scene.clauses):
        *before, last = scene.clauses
        clauses = (*before, replace(last, n_samples=last.n_samples + n_samples))
        return replace(scene, state=state, clauses=clauses)
    done = tuple(replace(clause, is_complete=True) for clause in scene.clauses)
    clauses = (*done, SpokenClause(event.clause, n_samples, is_complete=False))
    marks = scene.marks if scene.clauses else (*scene.marks, event)
    return replace(scene, state=state, clauses=clauses, clauses_hz=event.audio.sample_rate_hz, marks=marks)
