"""Spoken pictures: what is drawn, shown, said and remembered, while the conversation goes on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from live import LONG_REPLY, QUESTION, Course, silence
from live import replies as llm_replies
from picture_talks import APPLE, GREEN, ROCKET, SLOWLY, kept, one_after_another, replies, said, talk

from assistant import events
from assistant.config import load_profile
from assistant.events import PictureDropped, PictureProgress, PictureReady, PictureStarted
from assistant.phrases.phrasebook import picture_line
from assistant.pictures.gallery import Gallery
from assistant.session import Session
from assistant.stages import Stages
from assistant.virtual_clock import run
from models.weights.store import Store

ANSWER = "The capital of France is Paris. It lies on the Seine."


@pytest.fixture(autouse=True)
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    monkeypatch.setenv("XDG_PICTURES_DIR", str(pictures))
    return Gallery()


def order(course: Course) -> list[str]:
    """What happened, without the steps of pictures."""
    return [kind for kind in course.kinds if kind != "PictureProgress"]


def test_it_is_said_at_once_what_is_drawn_and_told_when_it_is_done(tmp_path: Path, gallery: Gallery) -> None:
    course = talk(tmp_path, [said(APPLE), silence(0.5)], SLOWLY)
    assert order(course) == [
        "SpeechStarted",
        "SpeechEnded",
        "FinalTranscript",
        "PictureStarted",
        "TurnEnded",
        "PictureReady",
        "TurnEnded",
    ]
    assert replies(course) == ["I'm drawing a red apple.", "Here is a red apple."]
    assert course.sound_starts_s - course.one(events.SpeechEnded).t_s <= 0.1
    ready = course.one(PictureReady)
    assert ready.picture_id == course.one(PictureStarted).picture_id
    assert np.array_equal(gallery.picture(ready.picture_id).pixels, ready.picture.pixels)
    assert [step.step for step in course.of(PictureProgress)] == list(range(1, 11))
    assert course.of(PictureProgress)[2].preview is not None


def test_the_language_model_knows_what_was_drawn(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [APPLE, QUESTION])
    assert course.history == [APPLE, "I'm drawing a red apple.", QUESTION, ANSWER]


def test_the_conversation_goes_on_while_a_picture_is_made(tmp_path: Path) -> None:
    course = talk(tmp_path, [said(APPLE), silence(2.0), said(QUESTION), silence(0.5)], SLOWLY)
    assert replies(course) == ["I'm drawing a red apple.", ANSWER, "Here is a red apple."]
    asked = course.of(events.FinalTranscript)[1]
    assert course.one(PictureStarted).t_s < asked.t_s < course.one(PictureReady).t_s


def test_a_finished_picture_is_not_told_over_the_user_or_a_reply(tmp_path: Path) -> None:
    """It is done at 4.4 s, while the user speaks; then the question is answered first."""
    course = talk(tmp_path, [said(APPLE), silence(2.9), said(QUESTION), silence(0.5)], SLOWLY, llm_replies(LONG_REPLY))
    began, ended = (course.of(kind)[1].t_s for kind in (events.SpeechStarted, events.SpeechEnded))
    assert began < course.one(PictureReady).t_s < ended
    assert replies(course) == ["I'm drawing a red apple.", LONG_REPLY, "Here is a red apple."]


def test_news_that_the_user_spoke_into_before_it_was_heard_is_told_later(tmp_path: Path) -> None:
    course = talk(
        tmp_path,
        [said(APPLE), silence(3.35), said(QUESTION), silence(0.5)],
        SLOWLY,
        "tts.voices.tone.options.pause_s=0.2",
    )
    assert course.one(PictureReady).t_s < course.of(events.SpeechStarted)[1].t_s
    assert replies(course) == ["I'm drawing a red apple.", ANSWER, "Here is a red apple."]


def test_nothing_is_drawn_before_it_is_certain_that_the_user_has_finished(tmp_path: Path) -> None:
    course = talk(tmp_path, [said(APPLE), silence(0.15), said(QUESTION), silence(0.5)])
    ended = course.one(events.SpeechEnded)
    assert all(started.t_s >= ended.t_s for started in course.of(PictureStarted))
    assert course.history[0] == f"{APPLE} {QUESTION}"


def test_what_the_language_model_writes_draws_nothing(tmp_path: Path, gallery: Gallery) -> None:
    course = one_after_another(tmp_path, [QUESTION], llm_replies("Draw me a red apple. Save it."))
    assert not course.of(PictureStarted)
    assert not gallery.entries()


def test_a_picture_waits_between_steps_while_a_reply_is_written(tmp_path: Path) -> None:
    course = talk(
        tmp_path,
        [said(APPLE), silence(1.5), said(QUESTION), silence(0.5)],
        "image.options.pause_s=0.5",
        "llm.options.pause_s=0.4",
    )
    soft_end_s = course.of(events.SpeechEnded)[1].t_s
    last_delta_s = course.of(events.ReplyDelta)[-2].t_s  # the last one is of the news
    assert last_delta_s - soft_end_s > 2.0
    # One that was being made when it began, and was not read before.
    steps_s = [step.t_s for step in course.of(PictureProgress)]
    assert sum(soft_end_s < time_s < last_delta_s for time_s in steps_s) <= 1
    # The engine really waited: but for the step that it was in, all that follow take their time.
    later_s = [time_s for time_s in steps_s if time_s >= last_delta_s]
    assert len(later_s) >= 3
    assert all(after_s - before_s > 0.49 for before_s, after_s in pairwise(later_s[1:]))


@pytest.mark.parametrize("phrase", ["Stop drawing.", "Stop."])
def test_stop_ends_the_drawing_at_its_next_step(tmp_path: Path, gallery: Gallery, phrase: str) -> None:
    course = talk(tmp_path, [said(APPLE), silence(2.0), said(phrase), silence(3.0)], "image.options.pause_s=0.5")
    dropped = course.one(PictureDropped)
    stopped_s = course.of(events.FinalTranscript)[1].t_s
    assert dropped.reason == "cancelled"
    assert dropped.t_s - stopped_s < 0.1
    assert not [step for step in course.of(PictureProgress) if step.t_s > dropped.t_s]
    assert replies(course) == ["I'm drawing a red apple.", "All right, I have stopped drawing."]
    assert not gallery.entries()


def test_stop_over_an_answer_ends_the_answer_and_not_the_drawing(tmp_path: Path) -> None:
    course = talk(
        tmp_path,
        [said(APPLE), silence(1.5), said(QUESTION), silence(1.5), said("Stop."), silence(0.5)],
        "image.options.pause_s=1.0",
        llm_replies(LONG_REPLY),
    )
    assert len(course.of(events.Interrupted)) == 1
    assert course.one(PictureReady)


def test_two_pictures_are_made_one_after_the_other(tmp_path: Path, gallery: Gallery) -> None:
    course = talk(tmp_path, [said(APPLE), silence(2.0), said(ROCKET), silence(0.5)], SLOWLY)
    started, ready = course.of(PictureStarted), course.of(PictureReady)
    assert ready[0].t_s <= started[1].t_s < ready[1].t_s
    assert replies(course) == [
        "I'm drawing a red apple.",
        "I'm drawing a rocket.",
        "Here is a red apple.",
        "Here is a rocket.",
    ]
    assert kept(gallery) == ["a red apple", "a rocket"]


def test_more_pictures_than_may_wait_are_refused(tmp_path: Path) -> None:
    recording = [part for phrase in [APPLE, ROCKET, APPLE, ROCKET, APPLE] for part in (said(phrase), silence(2.0))]
    course = talk(tmp_path, recording, "image.options.pause_s=3.0")
    assert replies(course).count(picture_line("too_many", "en")) == 1
    assert len(course.of(PictureReady)) == 4


def test_what_is_said_of_a_picture_that_is_not_there_yet_waits_for_it(tmp_path: Path, gallery: Gallery) -> None:
    course = talk(tmp_path, [said(APPLE), silence(2.0), said(GREEN), silence(0.5)], SLOWLY)
    apple, green = gallery.entries()
    assert (green.origin.prompt, green.origin.parent) == ("a green apple", apple.id)
    assert "I'm painting it green." in replies(course)


def test_an_edit_of_a_picture_that_never_came_is_dropped_with_it(tmp_path: Path, gallery: Gallery) -> None:
    course = talk(tmp_path, [said(APPLE), silence(2.0), said(GREEN), silence(0.5)], SLOWLY, "image.options.fail_on=[1]")
    assert len(course.of(PictureDropped)) == 1
    assert not gallery.entries()


def test_undo_and_redo_show_exactly_the_pictures_of_before(tmp_path: Path, gallery: Gallery) -> None:
    course = one_after_another(tmp_path, [APPLE, GREEN, "Undo that.", "Undo that.", "Redo that.", "Redo that."])
    red, green, undone, redone = course.of(PictureReady)
    assert (undone.picture_id, undone.path) == (red.picture_id, red.path)
    assert np.array_equal(undone.picture.pixels, red.picture.pixels)
    assert (redone.picture_id, redone.path) == (green.picture_id, green.path)
    said_of_it = [reply for reply in replies(course) if "to undo" in reply or "to redo" in reply]
    assert said_of_it == [picture_line("nothing_undone", "en"), picture_line("nothing_redone", "en")]
    assert len(gallery.entries()) == 2  # going back deletes nothing


def test_a_word_that_also_calls_for_silence_undoes_where_nothing_sounds_or_is_drawn(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [APPLE, GREEN, "Annulla."])
    red, _, undone = course.of(PictureReady)
    assert undone.picture_id == red.picture_id


def test_an_edit_after_an_undo_starts_from_the_picture_that_is_shown(tmp_path: Path, gallery: Gallery) -> None:
    one_after_another(tmp_path, [APPLE, GREEN, "Undo that.", "Extend it to the left."])
    apple, _, extended = gallery.entries()
    assert extended.origin.parent == apple.id
    old, new = gallery.picture(apple.id).pixels, gallery.picture(extended.id).pixels
    assert np.array_equal(new[:, -old.shape[1] :], old)


def test_an_older_picture_can_be_chosen_by_its_number(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [APPLE, ROCKET, "Show me the first one.", "Show me the third one."])
    apple, _, chosen = course.of(PictureReady)
    assert chosen.picture_id == apple.picture_id
    assert replies(course)[-1] == picture_line("not_chosen", "en")


def test_another_one_bigger_and_moving_pictures_come_from_the_current_one(tmp_path: Path, gallery: Gallery) -> None:
    course = one_after_another(tmp_path, [APPLE, "Show me another one.", "Make it bigger.", "Animate it.", GREEN])
    kinds = [entry.origin.kind for entry in gallery.entries()]
    assert kinds == ["draw", "vary", "bigger", "animate", "edit"]
    apple, other, bigger, film, green = gallery.entries()
    assert other.origin.parent == apple.id
    assert other.origin.seed != apple.origin.seed
    assert gallery.picture(bigger.id).width == 2 * gallery.picture(other.id).width
    assert film.path.suffix == ".gif"
    assert green.origin.parent == bigger.id  # a film is changed in the picture that it was made from
    assert len(course.of(PictureReady)) == 5


def test_a_picture_is_saved_where_people_look_for_pictures(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [APPLE, "Animate it.", "Save the picture."])
    film = course.of(PictureReady)[-1].path
    (copy,) = (tmp_path / "Pictures").iterdir()
    assert copy.read_bytes() == film.read_bytes()
    assert replies(course)[-1] == "I have saved it in the folder Pictures."
    assert str(copy) in course.one(events.Notice).text


def test_a_copy_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    def obstruct(event: events.Event, _: Stages) -> None:
        if isinstance(event, PictureReady):
            (tmp_path / "Pictures" / event.path.name).mkdir()

    recording = [said(APPLE), silence(5.0), said("Save the picture."), silence(5.0), said(QUESTION), silence(0.5)]
    course = talk(tmp_path, recording, on_event=obstruct)
    assert replies(course)[-2:] == ["I could not save it in the folder Pictures.", ANSWER]
    assert [path.is_dir() for path in (tmp_path / "Pictures").iterdir()] == [True]


def test_what_a_picture_shows_and_its_licence_are_told(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [APPLE, "What does the picture show?", "What licence is this picture under?"])
    assert replies(course)[-2:] == [
        "It shows a red apple.",
        "It was drawn by scripted, whose licence is Apache-2.0.",
    ]


def test_without_a_picture_nothing_is_said_of_it_by_mistake(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [GREEN])
    assert replies(course) == [ANSWER]  # "it" is something else


def test_who_does_not_say_what_to_draw_is_asked_and_the_answer_is_drawn(tmp_path: Path, gallery: Gallery) -> None:
    course = one_after_another(tmp_path, ["Draw something.", "A blue house."])
    assert replies(course) == ["What shall I draw?", "I'm drawing A blue house.", "Here is A blue house."]
    assert kept(gallery) == ["A blue house"]


def test_who_is_asked_back_and_says_no_gets_no_picture(tmp_path: Path, gallery: Gallery) -> None:
    course = one_after_another(tmp_path, ["Draw something.", "No."])
    assert replies(course) == ["What shall I draw?", "All right, then I won't."]
    assert not gallery.entries()


def test_a_question_of_the_assistant_is_forgotten_when_the_topic_changes(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, ["Draw something.", QUESTION, "A blue house."])
    assert replies(course) == ["What shall I draw?", ANSWER, ANSWER]


def test_a_profile_without_an_image_model_talks_only(tmp_path: Path) -> None:

    async def pictures() -> object:
        profile = replace(load_profile("scripted", ["workers.mode=inline"]), image=None)
        async with Stages(profile, Store(tmp_path)) as stages:
            assert "image" not in stages.models()
            return Session(profile, stages).pictures

    assert run(pictures()) is None
