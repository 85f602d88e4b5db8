"""A web server on this machine that offers recordings well and badly: feeds, redirects, wrong types, broken bodies.

with serving() as server:
    link = server.add("/one.mp3", Page(sound))
    feed = server.add_feed("/feed.xml", [("First", link), ("Gone", server.add("/gone.mp3", Page(status=404)))])
    bad = server.add_bad_items(sound)     # name -> link; `BAD_ITEMS` says which reason each should end with
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape, quoteattr

import av
import numpy as np
from media_files import tone

from assistant.sources.item import Reason
from models import audio

# What `MediaServer.add_bad_items` offers, and why none of them can be captioned.
BAD_ITEMS: Mapping[str, Reason] = {
    "not-found": Reason.NOT_FOUND,
    "gone": Reason.NOT_FOUND,
    "forbidden": Reason.PRIVATE,
    "sign-in": Reason.PRIVATE,
    "too-many-requests": Reason.RATE_LIMITED,
    "server-error": Reason.NETWORK,
    "redirect-loop": Reason.NETWORK,
    "redirect-to-file": Reason.REFUSED,
    "truncated": Reason.NETWORK,
    "empty": Reason.EMPTY,
    "page-as-mp3": Reason.BROKEN,
    "ffconcat-as-mp3": Reason.BROKEN,
    "noise-as-mp3": Reason.BROKEN,
    "picture-as-mp4": Reason.NO_AUDIO,
}


@dataclass(frozen=True)
class Page:
    """One answer.

    Attributes:
        claimed_length: Content-Length where it is not the truth.
        breaks_after: bytes after which the connection is closed.
        ranges: whether the rest of a body can be asked for; that does not break.
        stalls_after: bytes after which nothing more comes until the server ends or `released` is set.
        piece: bytes that are sent at once; a small number makes many small packets.
    """

    body: bytes = b""
    content_type: str = "audio/mpeg"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed_length: int | None = None
    breaks_after: int | None = None
    ranges: bool = False
    stalls_after: int | None = None
    piece: int = 1 << 16


def redirect(to: str, status: int = 302) -> Page:
    """An answer that sends the client elsewhere."""
    return Page(status=status, headers={"Location": to}, content_type="text/html")


class MediaServer(ThreadingHTTPServer):
    """Serves `pages` by path; `asked` has the path of every GET and `cookies` what came with it; `released` lets go
    of all that stall."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.cookies: list[str] = []
        self.stalled, self.released = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, path: str, page: Page) -> str:
        """Offers the page; returns its link."""
        self.pages[path] = page
        return f"{self.address}{path}"

    def add_feed(self, path: str, entries: Iterable[tuple[str, str]]) -> str:
        """An RSS feed, which is a playlist to yt-dlp.

        Args:
            entries: title and link of each.
        """
        items = "".join(
            f"<item><title>{escape(title)}</title><guid>{escape(link)}</guid>"
            f'<enclosure url={quoteattr(link)} type="audio/mpeg" length="1"/></item>'
            for title, link in entries
        )
        channel = f"<channel><title>Feed</title>{items}</channel>"
        feed = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0">{channel}</rss>'
        return self.add(path, Page(feed.encode(), "application/rss+xml"))

    def add_bad_items(self, sound: bytes) -> dict[str, str]:
        """One page for every name in `BAD_ITEMS`.

        Args:
            sound: a media file, of which some are made.
        """
        pages = {
            "not-found": Page(status=404),
            "gone": Page(status=410),
            "forbidden": Page(status=403),
            "sign-in": Page(status=401),
            "too-many-requests": Page(status=429),
            "server-error": Page(status=500),
            "redirect-loop": redirect("/bad/redirect-loop.mp3"),
            "redirect-to-file": redirect("file:///etc/passwd"),
            "truncated": Page(sound, breaks_after=len(sound) // 2),
            "empty": Page(b""),
            "page-as-mp3": Page(b"<!DOCTYPE html><html><body>Please sign in.</body></html>"),
            "ffconcat-as-mp3": Page(b"ffconcat version 1.0\nfile /etc/hostname\n"),
            "noise-as-mp3": Page(bytes(range(256)) * 64),
            "picture-as-mp4": Page(silent_video(), "video/mp4"),
        }
        return {
            name: self.add(f"/bad/{name}.{name[-3:] if 'as-' in name else 'mp3'}", pages[name]) for name in BAD_ITEMS
        }

    def replace(self, path: str, **changes: object) -> None:
        """Changes the page there."""
        self.pages[path] = replace(self.pages[path], **changes)  # type: ignore[arg-type]


class _Answer(BaseHTTPRequestHandler):
    server: MediaServer

    def do_HEAD(self) -> None:
        self._head(self._page())

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        self.server.cookies.append(self.headers.get("Cookie", ""))
        page = self._rest(self._page()) or self._page()
        self._head(page)
        end = page.breaks_after if page.breaks_after is not None else len(page.body)
        if page.stalls_after is not None:
            end = page.stalls_after
        with suppress(ConnectionError):  # the client may have had enough
            for start in range(0, end, page.piece):
                self.wfile.write(page.body[start : min(end, start + page.piece)])
            if page.stalls_after is not None:
                self.server.stalled.set()
                self.server.released.wait()
        self.close_connection = True

    def _page(self) -> Page:
        return self.server.pages.get(self.path.partition("?")[0], Page(status=404, content_type="text/html"))

    def _rest(self, page: Page) -> Page | None:
        """The part of the page that was asked for, if one was."""
        start = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        if not page.ranges or not start.isdigit():
            return None
        extent = f"bytes {start}-{len(page.body) - 1}/{len(page.body)}"
        return Page(page.body[int(start) :], page.content_type, 206, {"Content-Range": extent})

    def _head(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body) if page.claimed_length is None else page.claimed_length))
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving() -> Iterator[MediaServer]:
    with MediaServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


def sound_file(kind: str = "mp3", duration_s: float = 1.0) -> bytes:
    """A tone as a whole file: "mp3", "ogg", "wav", "mpegts" or "mp4" (with sound only)."""
    codec = {"mp3": "mp3", "ogg": "libopus", "wav": "pcm_s16le", "mp4": "aac", "mpegts": "aac"}[kind]
    rate = 48_000
    written = io.BytesIO()
    with av.open(written, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(_pcm(duration_s, rate)[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return written.getvalue()


def silent_video(kind: str = "mp4") -> bytes:
    """An "mp4" or "mpegts" file with a picture of one second and without any sound."""
    written = io.BytesIO()
    with av.open(written, "w", format=kind) as container:
        video = container.add_stream("mpeg4", rate=5)
        video.width = video.height = 16
        video.pix_fmt = "yuv420p"
        for _ in range(5):
            container.mux(video.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(video.encode(None))
    return written.getvalue()


def _pcm(duration_s: float, rate: int) -> np.ndarray:
    return np.frombuffer(audio.to_pcm16(tone(rate, duration_s)), np.int16)
