"""Links through yt-dlp itself, against a server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from media_server import BAD_ITEMS, MediaServer, Page, redirect, serving, silent_video, sound_file

from assistant.sources import downloader
from assistant.sources.expand import expand
from assistant.sources.fetch import fetch
from assistant.sources.files import check_media
from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from assistant.sources.rules import SourceRules

RULES = SourceRules(allow_local=True, generic=True)


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def sound() -> bytes:
    return sound_file()


def items(*sources: str, rules: SourceRules = RULES) -> list[Item]:
    return [entry for entry in expand(sources, rules) if isinstance(entry, Item)]


def unlisted(*sources: str, rules: SourceRules = RULES) -> list[Reason]:
    return [entry.failure.reason for entry in expand(sources, rules) if isinstance(entry, Unlisted)]


def linked(address: str) -> Item:
    return Item("link:x", "It", address, is_local=False)


def failed(item: Item, folder: Path, rules: SourceRules = RULES) -> ItemFailed:
    with pytest.raises(ItemFailed) as caught:
        fetch(item, folder, rules, lambda share: None)
    assert list(folder.iterdir()) == []
    return caught.value


def test_a_feed_is_listed_and_each_recording_fetched(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    links = [server.add(f"/{name}", Page(sound)) for name in ("one.mp3", "two.mp3")]
    feed = server.add_feed("/feed.xml", [("First", links[0]), ("Second", links[1])])
    found = items(feed)
    assert [(item.title, item.address) for item in found] == list(zip(["First", "Second"], links, strict=True))
    for item in found:
        shares: list[float] = []
        path = fetch(item, tmp_path, RULES, shares.append)
        assert path.read_bytes() == sound
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("kind", list(BAD_ITEMS))
def test_a_bad_item_fails_with_its_reason_and_leaves_nothing(
    server: MediaServer, sound: bytes, tmp_path: Path, kind: str
) -> None:
    failure = failed(linked(server.add_bad_items(sound)[kind]), tmp_path)
    assert failure.reason is BAD_ITEMS[kind]
    assert failure.retry == (kind in ("too-many-requests", "server-error", "truncated"))
    assert str(tmp_path) not in str(failure)


def test_bad_entries_do_not_keep_a_feed_from_being_listed(server: MediaServer, sound: bytes) -> None:
    entries = list(server.add_bad_items(sound).items())
    entries[3:3] = [("A file", "file:///etc/passwd"), ("Good", server.add("/good.mp3", Page(sound)))]
    found = list(expand([server.add_feed("/feed.xml", entries)], RULES))
    assert len(found) == len(BAD_ITEMS) + 2
    assert [entry.failure.reason for entry in found if isinstance(entry, Unlisted)] == [Reason.REFUSED]


@pytest.mark.parametrize("kind", ["not-found", "forbidden", "too-many-requests", "server-error", "redirect-loop"])
def test_a_link_that_leads_nowhere_is_unlisted(server: MediaServer, sound: bytes, kind: str) -> None:
    assert unlisted(server.add_bad_items(sound)[kind]) == [BAD_ITEMS[kind]]


def test_a_page_without_a_recording_is_unsupported(server: MediaServer, tmp_path: Path) -> None:
    link = server.add("/page", Page(b"<!DOCTYPE html><html><body>Welcome</body></html>", "text/html"))
    assert unlisted(link) == [Reason.UNSUPPORTED]
    assert failed(linked(link), tmp_path).reason is Reason.UNSUPPORTED


def test_unknown_sites_are_asked_only_when_that_is_wanted(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/one.mp3", Page(sound))
    known_only = replace(RULES, generic=False)
    assert unlisted(link, rules=known_only) == [Reason.UNSUPPORTED]
    assert failed(linked(link), tmp_path, known_only).reason is Reason.UNSUPPORTED
    assert server.asked == []


def test_equal_base_names_are_two_recordings_in_two_files(server: MediaServer, tmp_path: Path) -> None:
    sounds = {f"/d{number}/a.mp3": sound_file(duration_s=0.5 * number) for number in (1, 2)}
    links = [server.add(path, Page(sound)) for path, sound in sounds.items()]
    paths = [fetch(item, tmp_path, RULES, lambda share: None) for item in items(*links)]
    assert [path.read_bytes() for path in paths] == list(sounds.values())


def test_recordings_are_fetched_side_by_side(server: MediaServer, tmp_path: Path) -> None:
    sounds = [sound_file(duration_s=0.2 * (number + 1)) for number in range(4)]
    found = items(*(server.add(f"/d{number}/a.mp3", Page(sound)) for number, sound in enumerate(sounds)))
    got: dict[int, Path] = {}

    def bring(number: int) -> None:
        got[number] = fetch(found[number], tmp_path, RULES, lambda share: None)

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[number].read_bytes() for number in range(4)] == sounds


def test_the_same_link_comes_once_and_keeps_its_key(server: MediaServer, sound: bytes) -> None:
    link = server.add("/one.mp3", Page(sound))
    feed = server.add_feed("/feed.xml", [("Once", link), ("Twice", link)])
    first = items(feed, link, f"{link}#t=10")
    assert len(first) == 1
    assert items(link)[0].key == first[0].key


def test_a_link_is_known_by_itself_and_not_by_where_it_leads_today(server: MediaServer, sound: bytes) -> None:
    server.add("/one.mp3", Page(sound))
    link = server.add("/episode", redirect("/one.mp3?token=1"))
    (before,) = items(link)
    server.add("/episode", redirect("/one.mp3?token=2"))
    assert items(link) == [before]


def test_links_that_lead_to_ever_more_links_come_to_an_end(server: MediaServer) -> None:
    for number in range(40):
        path = f"/{number}.mp3"
        server.add(path, redirect(f"{server.address}/{number + 1}.mp3"))
    assert unlisted(f"{server.address}/0.mp3") == [Reason.NETWORK]


@pytest.mark.parametrize(
    "title", ["../../etc/passwd", "a/b\\c:d*?", "🎙️ Ünïcode \u202e", "x" * 300, "", "CON", "%(id)s"]
)
def test_no_title_can_choose_where_a_file_is_written(
    server: MediaServer, sound: bytes, tmp_path: Path, title: str
) -> None:
    link = server.add("/one.mp3", Page(sound))
    (item,) = items(server.add_feed("/feed.xml", [(title, link)]))
    assert title in (item.title, "")
    path = fetch(item, tmp_path, RULES, lambda share: None)
    assert path.name == hashlib.sha256(item.key.encode()).hexdigest()[:32] + ".mp3"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["%2e%2e%2f%2e%2e%2fup.mp3", "a" * 400 + ".mp3", "%F0%9F%8E%99.mp3"])
def test_no_address_can_choose_where_a_file_is_written(
    server: MediaServer, sound: bytes, tmp_path: Path, name: str
) -> None:
    path = fetch(linked(server.add(f"/{name}", Page(sound))), tmp_path, RULES, lambda share: None)
    assert path.parent == tmp_path
    assert path.read_bytes() == sound


def test_what_is_named_as_a_program_is_refused(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    assert failed(linked(server.add("/one.exe", Page(sound))), tmp_path).reason is Reason.REFUSED


def test_what_is_announced_as_too_large_is_not_downloaded(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/huge.mp3", Page(sound, claimed_length=10**12))
    assert failed(linked(link), tmp_path).reason is Reason.TOO_LARGE


def test_what_turns_out_to_be_too_large_is_broken_off(server: MediaServer, tmp_path: Path) -> None:
    body = sound_file("wav", 20.0)
    link = server.add("/long.wav", Page(body, "audio/wav"))
    assert failed(linked(link), tmp_path, replace(RULES, largest_bytes=len(body) - 1)).reason is Reason.TOO_LARGE


def test_a_feed_that_announces_hours_without_end_is_too_long(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:9000\n" + "#EXTINF:9000,\none.ts\n" * 20 + "#EXT-X-ENDLIST\n"
    server.add("/one.ts", Page(sound))
    link = server.add("/long.m3u8", Page(playlist.encode(), "application/vnd.apple.mpegurl"))
    assert failed(linked(link), tmp_path, replace(RULES, longest_s=3600.0)).reason is Reason.TOO_LONG
    assert "/one.ts" not in server.asked


def test_a_stream_in_pieces_is_joined(server: MediaServer, tmp_path: Path) -> None:
    whole = sound_file("mpegts", 2.0)
    half = len(whole) // 376 * 188  # of whole packets
    server.add("/0.ts", Page(whole[:half], "video/mp2t"))
    server.add("/1.ts", Page(whole[half:], "video/mp2t"))
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n0.ts\n#EXTINF:1,\n1.ts\n#EXT-X-ENDLIST\n"
    link = server.add("/stream.m3u8", Page(playlist.encode(), "application/vnd.apple.mpegurl"))
    path = fetch(linked(link), tmp_path, RULES, lambda share: None)
    assert path.read_bytes() == whole
    check_media(path, "it")


def test_a_body_that_stalls_is_given_up(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/one.mp3", Page(sound, stalls_after=len(sound) // 2))
    shares: list[float] = []
    with pytest.raises(ItemFailed) as caught:
        fetch(linked(link), tmp_path, replace(RULES, stalled_s=2.0), shares.append)
    assert (caught.value.reason, caught.value.retry) == (Reason.NETWORK, True)
    assert max(shares) == (len(sound) // 2) / len(sound)  # all that came was seen when it came
    assert list(tmp_path.iterdir()) == []


def test_a_broken_download_goes_on_where_it_was(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/one.mp3", Page(sound, breaks_after=len(sound) // 2, ranges=True))
    path = fetch(linked(link), tmp_path, RULES, lambda share: None)
    assert path.read_bytes() == sound
    assert server.asked == ["/one.mp3"] * 3  # to look at it, for one half, for the other


def test_whoever_watches_can_stop_a_download(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/one.mp3", Page(sound))

    def stop(share: float) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        fetch(linked(link), tmp_path, RULES, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_the_network(server: MediaServer, tmp_path: Path) -> None:
    nobody = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    nobody.server_close()
    for link in (f"http://127.0.0.1:{nobody.server_address[1]}/a.mp3", "http://no-such-host.invalid/a.mp3"):
        failure = failed(linked(link), tmp_path)
        assert (failure.reason, failure.retry) == (Reason.NETWORK, True)


def test_a_server_that_speaks_no_tls_is_the_network(server: MediaServer, tmp_path: Path) -> None:
    link = f"https://127.0.0.1:{server.server_address[1]}/a.mp3"
    assert failed(linked(link), tmp_path).reason is Reason.NETWORK


def test_a_picture_without_sound_is_fetched_for_nothing(server: MediaServer, tmp_path: Path) -> None:
    link = server.add("/silent.mp4", Page(silent_video(), "video/mp4"))
    assert failed(linked(link), tmp_path, replace(RULES, with_video=True)).reason is Reason.NO_AUDIO


def test_a_folder_that_cannot_be_written_to_is_the_output(server: MediaServer, sound: bytes, tmp_path: Path) -> None:
    link = server.add("/one.mp3", Page(sound))
    with pytest.raises(ItemFailed) as caught:
        fetch(linked(link), tmp_path / "missing", RULES, lambda share: None)
    assert caught.value.reason is Reason.OUTPUT


def test_cookies_are_sent_only_when_given_and_their_file_is_never_written(
    server: MediaServer, sound: bytes, tmp_path: Path
) -> None:
    link = server.add("/one.mp3", Page(sound, headers={"Set-Cookie": "seen=1"}))
    cookies = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tkey\tsecret\n"
    cookies.write_text(text)
    folder = tmp_path / "out"
    folder.mkdir()
    fetch(linked(link), folder, RULES, lambda share: None)
    assert not any("secret" in cookie for cookie in server.cookies)
    fetch(linked(link), folder, replace(RULES, cookies=cookies), lambda share: None)
    assert any("key=secret" in cookie for cookie in server.cookies)
    assert cookies.read_text() == text


def test_youtube_without_its_tools_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloader, "deno_path", lambda: "")
    link = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    failure = failed(linked(link), tmp_path)
    assert failure.reason is Reason.NO_TOOL
    assert "pip install deno" in str(failure)
    assert unlisted(link) == [Reason.NO_TOOL]


def test_the_tools_for_youtube_are_installed_with_the_program() -> None:
    assert Path(downloader.deno_path()).is_file()
    downloader.check_tools("Youtube", "it")
