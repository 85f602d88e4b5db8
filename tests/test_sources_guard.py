"""No link reaches what is not public, by whatever way."""

from __future__ import annotations

import gc
import gzip
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from media_server import MediaServer, Page, redirect, serving, sound_file

from assistant.sources import downloader, guard, network, pace
from assistant.sources.fetch import fetch
from assistant.sources.guard import AddressRefused, connect_to_public, is_public
from assistant.sources.item import Item, ItemFailed, Reason
from assistant.sources.rules import SourceRules

PRIVATE = """
127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 192.0.0.1 198.18.0.1 192.0.2.1
::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12:3456::1 fec0::1 ff02::1 2001:db8::1 100::1 4000::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1
2002:7f00:1:: 2002:c0a8:101::1 2001:0:7f00:1::1
""".split()
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 2606:4700:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8".split()


@pytest.fixture(scope="module")
def server() -> Iterator[MediaServer]:
    with serving() as server:
        yield server


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names, and the addresses that they lead to, one a look-up; the last stays."""
    known: dict[str, list[str]] = {}
    true = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if host in known:
            host = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return true(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def got(link: str, folder: Path, rules: SourceRules) -> Path:
    return fetch(Item("link:x", "It", link, is_local=False), folder, rules, lambda share: None)


def reason(link: str, folder: Path, rules: SourceRules) -> Reason:
    with pytest.raises(ItemFailed) as caught:
        got(link, folder, rules)
    assert list(folder.iterdir()) == []
    return caught.value.reason


GENERIC = SourceRules(generic=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1"]
)
def test_this_machine_is_not_reached_however_it_is_written(server: MediaServer, tmp_path: Path, host: str) -> None:
    server.add("/one.mp3", Page(sound_file()))
    server.asked.clear()
    assert reason(f"http://{host}:{server.server_address[1]}/one.mp3", tmp_path, GENERIC) is Reason.REFUSED
    assert server.asked == []


def test_a_public_name_that_leads_to_this_machine_is_refused(
    server: MediaServer, tmp_path: Path, names: dict[str, list[str]]
) -> None:
    names["recordings.example"] = ["127.0.0.1"]
    server.add("/one.mp3", Page(sound_file()))
    server.asked.clear()
    link = f"http://recordings.example:{server.server_address[1]}/one.mp3"
    assert reason(link, tmp_path, GENERIC) is Reason.REFUSED
    assert server.asked == []


def test_the_address_that_was_checked_is_the_one_that_is_used(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["two-faced.example"] = ["8.8.8.8", "127.0.0.1"]
    used = []
    monkeypatch.setattr(socket, "create_connection", lambda address, *rest: used.append(address))
    connect_to_public(("two-faced.example", 80))
    assert used == [("8.8.8.8", 80)]
    with pytest.raises(AddressRefused):
        connect_to_public(("two-faced.example", 80))
    assert len(used) == 1


@pytest.fixture
def outside(names: dict[str, list[str]], server: MediaServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A public site: the server under another name, whose address is taken for a public one."""
    names["site.example"] = ["127.0.0.1"]
    names["router.example"] = ["127.0.0.2"]
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1" or is_public(address))
    return f"http://site.example:{server.server_address[1]}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_refused(
    server: MediaServer, tmp_path: Path, outside: str, status: int
) -> None:
    port = server.server_address[1]
    server.add("/secret.mp3", Page(sound_file()))
    server.add("/away.mp3", redirect(f"http://router.example:{port}/secret.mp3", status))
    server.asked.clear()
    assert got(f"{outside}/secret.mp3", tmp_path, GENERIC).exists()
    for path in tmp_path.iterdir():
        path.unlink()
    server.asked.clear()
    assert reason(f"{outside}/away.mp3", tmp_path, GENERIC) is Reason.REFUSED
    assert "/secret.mp3" not in server.asked


# yt-dlp leaves the file open that it joins pieces in, when one of them fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_pieces_of_a_stream_are_not_taken_from_private_addresses(
    server: MediaServer, tmp_path: Path, outside: str
) -> None:
    port = server.server_address[1]
    server.add("/secret.ts", Page(sound_file()))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://router.example:{port}/secret.ts\n#EXT-X-ENDLIST\n"
    server.add("/stream.m3u8", Page(playlist.encode(), "application/vnd.apple.mpegurl"))
    server.asked.clear()
    assert reason(f"{outside}/stream.m3u8", tmp_path, GENERIC) is Reason.REFUSED
    assert "/secret.ts" not in server.asked
    gc.collect()  # here, and not in the middle of another test


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher"])
def test_a_redirect_to_something_else_than_a_site_is_refused(
    server: MediaServer, tmp_path: Path, outside: str, scheme: str
) -> None:
    server.add("/away.mp3", redirect(f"{scheme}://localhost/etc/passwd"))
    assert reason(f"{outside}/away.mp3", tmp_path, GENERIC) is Reason.REFUSED


def test_a_file_address_is_refused_even_as_an_item(tmp_path: Path) -> None:
    rules = SourceRules(generic=True, allow_local=True)
    assert reason("file:///etc/passwd", tmp_path, rules) is Reason.REFUSED


def test_a_proxy_of_the_environment_is_not_used(
    server: MediaServer, tmp_path: Path, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy would resolve names itself, where nothing can be checked.
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_address[1]}")
    server.add("/one.mp3", Page(sound_file()))
    with pytest.raises(ItemFailed) as caught:
        got("http://router.example/one.mp3", tmp_path, GENERIC)
    assert caught.value.reason is Reason.REFUSED


def test_a_page_without_an_end_is_not_read_to_its_end(
    server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (network, pace):
        monkeypatch.setattr(module, "LARGEST_PAGE_BYTES", 10_000)
    html = b"<html>" + b" " * 100_000
    link = server.add("/page", Page(html, "text/html"))
    packed = server.add("/packed", Page(gzip.compress(html), "text/html", headers={"Content-Encoding": "gzip"}))
    rules = SourceRules(generic=True, allow_local=True)
    for address in (link, packed):
        with pytest.raises(ItemFailed, match="larger than 10000 bytes"):
            got(address, tmp_path, rules)


def test_a_compressed_page_is_read(server: MediaServer, tmp_path: Path) -> None:
    link = server.add("/one.mp3", Page(sound_file()))
    feed = server.pages[server.add_feed("/feed.xml", [("One", link)]).removeprefix(server.address)]
    packed = server.add("/packed.xml", Page(gzip.compress(feed.body), "text/xml", headers={"Content-Encoding": "gzip"}))
    with downloader.opened(SourceRules(generic=True, allow_local=True)) as (site, _):
        found = site.extract_info(packed, download=False, process=False)
    assert [entry["title"] for entry in found["entries"]] == ["One"]
