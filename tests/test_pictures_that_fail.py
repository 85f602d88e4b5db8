"""Pictures that do not come: one kind line, and the conversation goes on."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest
from live import QUESTION, Course, silence
from picture_talks import APPLE, GREEN, ROCKET, SLOWLY, one_after_another, replies, said, talk

from assistant import events
from assistant.events import Event, PictureDropped, PictureProgress, PictureReady
from assistant.phrases.phrasebook import picture_line
from assistant.pictures.gallery import Gallery
from assistant.stages import Stages

ANSWER = "The capital of France is Paris. It lies on the Seine."


@pytest.fixture(autouse=True)
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    return Gallery()


def check_told(course: Course, line: str) -> None:
    """It is told in these words, once; the next question is answered, and the next picture drawn."""
    assert replies(course) == [
        "I'm drawing a red apple.",
        picture_line(line, "en"),
        ANSWER,
        "I'm drawing a rocket.",
        "Here is a rocket.",
    ]
    assert course.one(PictureReady).prompt == "a rocket"


@pytest.mark.parametrize(
    ("setting", "line", "reason"),
    [
        ("fail_on=[1]", "not_drawn", "the script says that call 1 fails"),
        ("out_of_memory_on=[1]", "no_memory", "the memory runs out"),
        ('unknown_words=["apple"]', "unknown", "knows nothing of apple"),
        ("withhold_on=[1]", "withheld", "safety checker"),
    ],
)
def test_what_the_model_cannot_or_will_not_draw_is_told(tmp_path: Path, setting: str, line: str, reason: str) -> None:
    course = one_after_another(tmp_path, [APPLE, QUESTION, ROCKET], f"image.options.{setting}")
    check_told(course, line)
    assert reason in course.one(PictureDropped).reason


def test_a_full_disk_is_told_and_nothing_half_written_is_left(
    tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, has_failed = os.fsync, []

    def full_once(file: int) -> None:
        if not has_failed and gallery.folder.name in os.readlink(f"/proc/self/fd/{file}"):
            has_failed.append(True)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file)

    monkeypatch.setattr(os, "fsync", full_once)
    course = one_after_another(tmp_path, [APPLE, QUESTION, ROCKET])
    check_told(course, "disk_full")
    assert len(list(gallery.folder.iterdir())) == 1


def test_a_gallery_that_cannot_be_written_is_told(tmp_path: Path, gallery: Gallery) -> None:
    gallery.folder.parent.mkdir(parents=True)
    gallery.folder.write_text("a file where the folder should be")
    course = one_after_another(tmp_path, [APPLE, QUESTION])
    assert replies(course) == ["I'm drawing a red apple.", picture_line("disk_full", "en"), ANSWER]


def test_a_parent_that_was_deleted_meanwhile_is_told(tmp_path: Path, gallery: Gallery) -> None:
    def delete(event: Event, _: Stages) -> None:
        if isinstance(event, PictureReady):
            event.path.unlink()

    recording = [said(APPLE), silence(5.0), said(GREEN), silence(5.0), said(QUESTION), silence(0.5)]
    course = talk(tmp_path, recording, on_event=delete)
    assert replies(course)[2:] == ["I'm painting it green.", picture_line("disk_full", "en"), ANSWER]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals that end a process at once")
def test_an_image_worker_that_is_killed_takes_one_picture_with_it(tmp_path: Path) -> None:
    killed: list[int] = []

    def kill(event: Event, stages: Stages) -> None:
        if isinstance(event, PictureProgress) and not killed:
            killed.append(stages.workers()[-1].pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    recording = [said(APPLE), silence(5.0), said(QUESTION), silence(5.0), said(ROCKET), silence(0.5)]
    course = talk(tmp_path, recording, "workers.mode=process", SLOWLY, on_event=kill)
    check_told(course, "not_drawn")
    assert "SIGKILL" in course.one(PictureDropped).reason


def test_an_image_model_that_cannot_be_loaded_is_told_when_it_is_needed(tmp_path: Path) -> None:
    course = one_after_another(tmp_path, [QUESTION, APPLE, QUESTION], "image.engine=diffusers", "image.model=nowhere")
    assert replies(course) == [
        ANSWER,
        "I'm drawing a red apple.",
        picture_line("cannot_draw", "en"),
        ANSWER,
    ]
    assert not course.of(events.Interrupted)


def test_a_drawing_at_the_end_of_a_conversation_leaves_nothing_behind(tmp_path: Path, gallery: Gallery) -> None:
    """The recording ends, the user says goodbye: `converse` checks that no task is left over."""
    course = talk(tmp_path, [said(APPLE), silence(3.0), said("Goodbye."), silence(0.5)], "image.options.pause_s=2.0")
    assert course.one(PictureDropped).reason == "cancelled"
    assert not gallery.entries()
