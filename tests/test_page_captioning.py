"""Captions for people at the page: what is kept, under which names, and what is left of what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from page_browser import question

from assistant.config import load_profile
from assistant.page import captioning
from assistant.page.captioning import Captioned, Captioning, Wanted
from assistant.sources.item import ItemFailed, Reason
from assistant.stages import Stages
from models.audio import write_wav
from models.errors import AudioError
from models.weights.store import Store


@asynccontextmanager
async def captions(folder: Path) -> AsyncIterator[Captioning]:
    async with Stages(load_profile("scripted", ["workers.mode=inline"]), Store(folder)) as stages:
        yield Captioning(lambda: nullcontext(stages))


def upload(folder: Path, name: str) -> Wanted:
    write_wav(folder / name, question("capital"))
    return Wanted(folder / name, "", "", "netflix", translate=False)


async def captioned(made: Captioning, wanted: Wanted) -> Captioned:
    *_, last = [step async for step in made.caption(wanted)]
    assert isinstance(last, Captioned)
    return last


async def test_a_file_that_calls_itself_a_page_is_never_served_as_one(tmp_path: Path) -> None:
    async with captions(tmp_path) as made:
        found = await captioned(made, upload(tmp_path, "evil.html"))
        assert found.media == "recording.media"
        assert found.title == "evil.html"
        kept = {path.name for path in (made.folder / found.place).iterdir()}
        assert kept == {"recording.media", "captions.srt", "captions.vtt", "captions.txt"}


async def test_only_the_newest_recordings_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captioning, "_KEPT", 2)
    async with captions(tmp_path) as made:
        places = [(await captioned(made, upload(tmp_path, f"{number}.wav"))).place for number in range(3)]
        assert {path.name for path in made.folder.iterdir()} == set(places[1:])


async def test_nothing_is_left_of_a_recording_that_is_none_or_was_stopped(tmp_path: Path) -> None:
    (tmp_path / "none.wav").write_bytes(b"no sound")
    async with captions(tmp_path) as made:
        with pytest.raises((AudioError, ItemFailed)):
            await captioned(made, Wanted(tmp_path / "none.wav", "", "", "netflix", translate=False))
        stopped = made.caption(upload(tmp_path, "stopped.wav"))
        await anext(stopped)
        await anext(stopped)
        await stopped.aclose()
        assert list(made.folder.iterdir()) == []


@pytest.mark.parametrize(("link", "reason"), [("/etc/passwd", Reason.UNSUPPORTED), ("", Reason.EMPTY)])
async def test_a_path_of_the_servers_is_no_link(tmp_path: Path, link: str, reason: Reason) -> None:
    async with captions(tmp_path) as made:
        with pytest.raises(ItemFailed) as failed:
            await captioned(made, Wanted(None, link, "", "netflix", translate=False))
        assert failed.value.reason is reason
