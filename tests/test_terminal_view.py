"""The terminal view of a live conversation: the scene that events make, and how it is drawn."""

from __future__ import annotations

import io
import json
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from assistant import events
from assistant.apps.conversation_view import Meters, print_event
from assistant.apps.event_log import event_entry
from assistant.apps.scene import Scene, State, after
from assistant.apps.terminal_view import TerminalView, drawn
from assistant.events import Event
from models.pictures import Picture
from models.types import Audio

REPLY = "Paris is large. It lies on the Seine."


def spoken(t_s: float, clause: str, index: int, duration_s: float) -> Event:
    return events.SpokenAudio(t_s, Audio(np.zeros(round(duration_s * 24_000), np.float32), 24_000), clause, index)


QUESTION: list[Event] = [
    events.SpeechStarted(0.5),
    events.PartialTranscript(1.0, "Where is", " Parrots"),
    events.SpeechEnded(2.3, 2.0),
    events.FinalTranscript(2.4, "Where is Paris?", "en"),
]
ANSWER: list[Event] = [
    events.ReplyDelta(2.5, "Paris is large."),
    events.ClauseWritten(2.6, "Paris is large."),
    spoken(2.7, "Paris is large.", 0, 1.0),
    events.ReplyDelta(2.8, " It lies on the Seine."),
    spoken(3.0, "It lies on the Seine.", 1, 1.0),
]


def scene(*happened: Event) -> Scene:
    return reduce(after, happened, Scene())


def text(shown: Scene, meters: Meters) -> str:
    console = Console(file=io.StringIO(), width=92, record=True)
    console.print(drawn(shown, meters, "Ctrl-C ends the conversation"))
    return console.export_text()


@pytest.mark.parametrize(
    ("happened", "state"),
    [
        (QUESTION[:2], "listening"),
        (QUESTION[:3], "thinking"),
        ([*QUESTION, *ANSWER[:2]], "thinking"),
        ([*QUESTION, *ANSWER], "speaking"),
        ([*QUESTION, *ANSWER, events.Ducked(3.1)], "speaking"),
        ([*QUESTION, *ANSWER, events.Held(3.2)], "held"),
        ([*QUESTION, *ANSWER, events.Held(3.2), spoken(3.3, "It lies on the Seine.", 1, 0.5)], "held"),
        ([*QUESTION, *ANSWER, events.Held(3.2), events.Resumed(3.4)], "speaking"),
        ([*QUESTION, *ANSWER, events.Held(3.2), events.Interrupted(3.4, "Paris")], "listening"),
        ([*QUESTION, *ANSWER, events.TurnEnded(5.0, REPLY)], "listening"),
    ],
)
def test_the_state_is_told_by_name(happened: list[Event], state: State) -> None:
    assert scene(*happened).state == state
    assert f"● {state}" in text(scene(*happened), Meters())


def test_what_the_user_is_saying_is_shown_until_it_is_final_or_dropped() -> None:
    speaking = scene(*QUESTION[:2])
    assert "You: Where is Parrots" in text(speaking, Meters())
    assert "You" not in text(after(speaking, events.SpeechDropped(1.5, "no words")), Meters())
    assert "You" not in text(scene(*QUESTION), Meters())


@pytest.mark.parametrize(
    ("played_s", "heard"), [(0.0, ""), (1.0, "Paris is large"), (1.5, "Paris is large. It lies"), (9.0, REPLY[:-1])]
)
def test_the_reply_is_marked_as_far_as_it_was_played(played_s: float, heard: str) -> None:
    assert scene(*QUESTION, *ANSWER).split_reply(played_s) == (heard, REPLY[len(heard) :])


def test_the_times_of_the_last_turn_count_from_the_last_word() -> None:
    ended = scene(*QUESTION, *ANSWER, events.TurnEnded(5.0, REPLY))
    assert ended.last_turn is not None
    assert ended.last_turn.transcript_s == pytest.approx(0.4)
    assert ended.last_turn.first_audio_s == pytest.approx(0.7)
    assert ended.last_turn.end_s == pytest.approx(3.0)
    assert "first sound   0.70 s" in text(ended, Meters())


@pytest.mark.parametrize(("level", "full"), [(0.0, 0), (1e-3, 0), (0.0158, 12), (0.3, 24), (1.0, 24)])
def test_the_meter_goes_in_even_steps_of_loudness(level: float, full: int) -> None:
    assert text(Scene(), Meters(level=level)).count("█") == full


def test_what_is_final_stays_above_what_is_drawn_again() -> None:
    console = Console(file=io.StringIO(), width=92, force_terminal=True, legacy_windows=False)
    with TerminalView(console) as view:
        view.start(Meters, "Ctrl-C ends the conversation")
        for event in (*QUESTION, *ANSWER, events.TurnEnded(5.0, REPLY)):
            view.show(event)
        view.notice("The disk is full.")
    assert isinstance(console.file, io.StringIO)
    written = console.file.getvalue()
    assert written.index("You (en): Where is Paris?") < written.index(f"Assistant: {REPLY}")
    assert "(The disk is full.)" in written
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")  # the cursor is visible again


def picture(width: int = 4) -> Picture:
    return Picture(np.zeros((3, width, 3), np.uint8))


def test_what_is_being_drawn_is_shown_until_it_is_there() -> None:
    started = [
        events.PictureStarted(3.0, "cat-1", "a cat"),
        *(events.PictureProgress(3.1, "cat-1", step, 4, None) for step in (1, 2)),
    ]
    shown = text(scene(*QUESTION, *started), Meters())
    assert f"Drawing: a cat {'█' * 12}{'░' * 12}" in shown
    for end in (
        events.PictureReady(3.5, "cat-1", picture(), Path("cat-1.png"), "a cat", "MIT"),
        events.PictureDropped(3.5, "cat-1", "cancelled"),
    ):
        assert "Drawing" not in text(scene(*QUESTION, *started, end), Meters())


def test_what_is_told_without_being_asked_for_is_no_turn() -> None:
    last_turn = scene(*QUESTION, *ANSWER, events.TurnEnded(5.0, REPLY)).last_turn
    told = [events.ReplyDelta(6.0, "Here it is."), spoken(6.1, "Here it is.", 0, 1.0), events.TurnEnded(7.0, "Here.")]
    assert scene(*QUESTION, *ANSWER, events.TurnEnded(5.0, REPLY), *told).last_turn == last_turn


def test_finished_and_failed_pictures_are_printed_and_cancelled_ones_are_not() -> None:
    console = Console(file=io.StringIO(), width=92, record=True)
    for event in (
        events.PictureReady(3.5, "cat-1", picture(), Path("gallery/cat-1.png"), "a [bold]cat", "MIT"),
        events.PictureDropped(4.0, "dog-1", "the memory ran out"),
        events.PictureDropped(5.0, "owl-1", "cancelled"),
    ):
        print_event(console, event)
    assert console.export_text().splitlines() == [
        "Picture: a [bold]cat (4x3, licence MIT) gallery/cat-1.png",
        "(no picture: the memory ran out)",
    ]


def test_long_lines_are_folded_for_a_terminal_and_stay_one_in_a_file() -> None:
    for is_terminal in (True, False):
        file = io.StringIO()
        said = " ".join(["word"] * 40)
        print_event(Console(file=file, width=80, force_terminal=is_terminal), events.FinalTranscript(1.0, said, "en"))
        assert (file.getvalue().count("\n") > 1) is is_terminal


def test_a_log_tells_the_size_of_a_picture_and_where_it_is() -> None:
    ready = events.PictureReady(3.5, "cat-1", picture(), Path("gallery/cat-1.png"), "a cat", "MIT")
    entry = event_entry(ready)
    assert json.loads(json.dumps(entry)) == {
        "t_s": 3.5,
        "event": "PictureReady",
        "picture_id": "cat-1",
        "picture": {"width": 4, "height": 3},
        "path": str(Path("gallery/cat-1.png")),
        "prompt": "a cat",
        "licence": "MIT",
    }
    assert event_entry(events.PictureProgress(1.0, "cat-1", 1, 4, None))["preview"] is None
