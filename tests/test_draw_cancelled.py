"""`assistant draw` broken off: by the user, at any step, or by a full disk."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from command import CHECKOUT, DEADLINE_S
from drawing_commands import Drawing, drawing

from assistant.apps.draw_request import Request
from assistant.apps.draw_run import Kept, draw, ready_artist
from assistant.apps.draw_view import DrawView
from assistant.config import EngineSettings
from assistant.pictures import whole_file
from assistant.pictures.gallery import Gallery
from models.pictures import DrawingStep, ImageOptions, TextToImage
from models.weights.store import Store

__all__ = ["drawing"]


def test_what_was_finished_before_the_disk_was_full_is_told(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.fsync, []

    def full_from_the_third_file_on(number: int) -> None:  # the certificate, a picture, and no more
        calls.append(number)
        if len(calls) >= 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(number)

    monkeypatch.setenv("ASSISTANT_DATA", str(drawing.folder / "data"))
    monkeypatch.setattr(whole_file.os, "fsync", full_from_the_third_file_on)
    done = drawing.draw("a cat", "--count", "2")
    (kept,) = drawing.gallery.entries()
    assert done.code == 1
    assert done.out.startswith(f"{kept.path}\n")
    assert done.err.startswith("assistant draw: no space left in ")
    assert list(drawing.gallery.folder.iterdir()) == [kept.path]


def test_a_copy_that_cannot_be_written_is_told_and_the_picture_is_kept(
    drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing.drawn("a dog")  # there is a certificate now
    real, calls = os.fsync, []

    def full_from_the_second_file_on(number: int) -> None:
        calls.append(number)
        if len(calls) >= 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(number)

    monkeypatch.setattr(whole_file.os, "fsync", full_from_the_second_file_on)
    output = drawing.folder / "cat.png"
    done = drawing.draw("a cat", "--output", output)
    assert (done.code, output.exists()) == (1, False)
    assert f"{output} cannot be written: No space left on device; the picture is kept as" in done.err
    assert drawing.gallery.entries()[1].origin.prompt == "a cat"


@pytest.mark.parametrize("step", range(1, 11))
def test_a_drawing_that_is_cancelled_at_any_step_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    view, seen = DrawView(), []

    def show_step(item: DrawingStep) -> None:
        seen.append(item.step)
        if item.step == step:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    monkeypatch.setattr(view, "show_step", show_step)
    gallery = Gallery(tmp_path / "gallery")
    artist = ready_artist(Store(), EngineSettings("scripted"), "inline")
    wanted = Request(TextToImage("a cat"), ImageOptions(), "draw", "a cat", None, ".png", (tmp_path / "cat.png",))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_all(draw(wanted, artist, gallery, view)))
    assert seen == list(range(1, step + 1))
    assert list(tmp_path.iterdir()) == []


async def _all(kept: AsyncIterator[Kept]) -> list[Kept]:
    return [each async for each in kept]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_ctrl_c_stops_a_drawing_whose_steps_a_bar_shows(tmp_path: Path) -> None:
    import pty

    slow = ["--set", "image.options.pause_s=0.2", "--steps", "1000"]
    command = [sys.executable, "-m", "assistant", "draw", "a cat", "--profile", "scripted", *slow]
    files = ["--gallery", "gallery", "--output", "cat.png"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TERM": "xterm", "COLUMNS": "100"}
    screen, terminal = pty.openpty()
    with subprocess.Popen([*command, *files], cwd=tmp_path, env=environment, stderr=terminal) as running:
        os.close(terminal)
        shown = b""
        while b"scripted is drawing" not in shown or b"3/1000" not in shown:
            shown += os.read(screen, 1000)
        running.send_signal(signal.SIGINT)
        assert _ended(running, screen) == 130
    os.close(screen)
    assert list(tmp_path.iterdir()) == []


def _ended(running: subprocess.Popen[bytes], screen: int) -> int:
    """Its exit code; its screen is read meanwhile, so that it never waits for that."""
    with suppress(OSError):  # Linux reports the end of a terminal as an error
        while os.read(screen, 1000):
            pass
    return running.wait(DEADLINE_S)
