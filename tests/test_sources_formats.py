"""Which form of a recording is fetched, where a site offers several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from media_server import MediaServer, Page, serving, silent_video, sound_file

from assistant.sources.fetch import fetch, formats
from assistant.sources.item import Item
from assistant.sources.rules import SourceRules
from models.audio.media import opened

RULES = SourceRules(allow_local=True, generic=True)


def linked(address: str) -> Item:
    return Item("link:x", "It", address, is_local=False)


def test_a_picture_that_is_kept_apart_is_joined_with_its_sound(tmp_path: Path) -> None:
    with serving() as server:
        server.add("/sound.ts", Page(sound_file("mpegts", 1.0), "video/mp2t"))
        server.add("/picture.ts", Page(silent_video("mpegts"), "video/mp2t"))
        for name in ("sound", "picture"):
            listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{name}.ts\n#EXT-X-ENDLIST\n"
            server.add(f"/{name}.m3u8", Page(listed.encode(), "application/vnd.apple.mpegurl"))
        both = (
            '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",DEFAULT=YES,URI="sound.m3u8"\n'
            '#EXT-X-STREAM-INF:BANDWIDTH=99999,RESOLUTION=16x16,CODECS="mp4v.20.9,mp4a.40.2",AUDIO="a"\npicture.m3u8\n'
        )
        link = server.add("/both.m3u8", Page(both.encode(), "application/vnd.apple.mpegurl"))
        path = fetch(linked(link), tmp_path, replace(RULES, with_video=True), lambda share: None)
        with opened(path) as container:
            assert [stream.type for stream in container.streams] == ["video", "audio"]
            kinds = [packet.stream.type for packet in container.demux() if packet.size]
        assert kinds.count("video") == 5
        assert "audio" in kinds[:5]  # side by side
        assert list(tmp_path.iterdir()) == [path]
        assert "/picture.ts" not in asked_for_sound(server, link, tmp_path)


def asked_for_sound(server: MediaServer, link: str, folder: Path) -> list[str]:
    server.asked.clear()
    fetch(linked(link), folder, RULES, lambda share: None)
    return server.asked


def test_the_best_that_is_needed_is_downloaded() -> None:
    low = {"protocol": "https", "height": 360, "vcodec": "avc1", "acodec": "mp4a"}
    sound = {"protocol": "https", "vcodec": "none", "acodec": "opus"}
    high = {"protocol": "https", "height": 1080, "vcodec": "vp9", "acodec": "none"}
    huge = {"protocol": "https", "height": 2160, "vcodec": "vp9", "acodec": "none"}
    other = {"protocol": "rtmp", "vcodec": "avc1", "acodec": "mp4a"}
    offered = [sound, low, high, huge, other]
    assert list(formats(offered, with_video=False)) == [sound]
    assert list(formats(offered, with_video=True)) == [high, sound]
    assert list(formats([low], with_video=False)) == list(formats([low], with_video=True)) == [low]
    assert list(formats([sound], with_video=True)) == [sound]
    assert list(formats([high], with_video=True)) == list(formats([other], with_video=False)) == []
