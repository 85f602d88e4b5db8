"""What the user allows, and what yt-dlp is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from media_server import MediaServer, Page, serving

from assistant.errors import FileUnusable
from assistant.sources import downloader
from assistant.sources.fetch import fetch
from assistant.sources.item import Item, ItemFailed, Reason
from assistant.sources.rules import SourceRules


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with serving() as server:
        yield server


@pytest.mark.parametrize("content", [b"", b"key=value\n", b'{"cookies": []}', b"\xff\xfe\x00"])
def test_something_else_than_cookies_is_told_before_anything_is_fetched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cookies.txt"
    path.write_bytes(content)
    with pytest.raises(FileUnusable, match=r"cookies\.txt"):
        SourceRules(cookies=path)


def test_ffmpeg_is_never_found_by_yt_dlp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    for name in ("ffmpeg", "none", "null"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho ffmpeg version 7.1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.chdir(tmp_path)
    with downloader.opened(SourceRules()) as (site, _):
        assert not FFmpegPostProcessor(site).available


def test_a_recording_that_is_described_and_then_refused_is_worth_another_look(
    server: MediaServer, tmp_path: Path
) -> None:
    # What a site does whose servers take the program for a machine: the page is fine, the recording is not given.
    refused = server.add("/stream.mp3", Page(status=403))
    playlist = f'#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\n{refused}\n'
    link = server.add("/master.m3u8", Page(playlist.encode(), "application/vnd.apple.mpegurl"))
    rules = SourceRules(generic=True, allow_local=True)
    with pytest.raises(ItemFailed) as caught:
        fetch(Item("link:x", "It", link, is_local=False), tmp_path, rules, lambda share: None)
    assert (caught.value.reason, caught.value.retry) == (Reason.BOT_CHECK, True)
