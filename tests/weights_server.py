"""A package index, a web server and a model hub on this machine, each small and real enough for the store's sources."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel(folder: Path, project: str, files: Mapping[str, bytes]) -> Path:
    """Writes a wheel of version 1.0 that pip accepts."""
    module = project.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    members = dict(files)
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n".encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = []
    for name, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}\n")
    members[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    path = folder / f"{module}-1.0-py3-none-any.whl"
    path.write_bytes(make_zip(members))
    return path


def make_zip(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Hold:
    """A place in the middle of an answer where the server waits."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()


class WebServer(ThreadingHTTPServer):
    """Serves `pages` by path.

    Paths in `break_off` end in the middle, once, as if the connection broke; those in `holds` wait there, once.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.pages: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.break_off: set[str] = set()
        self.holds: dict[str, Hold] = {}
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add_to_index(self, project: str, wheel: Path) -> str:
        """Offers the wheel as a package index does (PEP 503); returns the path under which it is served."""
        path = f"/files/{wheel.name}"
        self.pages[f"/simple/{project}/"] = f'<!DOCTYPE html><a href="{self.address}{path}">{wheel.name}</a>'.encode()
        self.pages[path] = wheel.read_bytes()
        return path

    def add_hub_repository(self, repository: str, files: Mapping[str, bytes], commit: str = "c" * 40) -> None:
        """The three kinds of answers that huggingface_hub asks for; files over 100 bytes count as large (LFS)."""
        siblings = []
        for name, content in files.items():
            path = f"/{repository}/resolve/{commit}/{name}"
            self.pages[path] = content
            self.headers[path] = {"X-Repo-Commit": commit, "ETag": f'"{sha256(content)}"'}
            row: dict[str, object] = {"rfilename": name, "size": len(content)}
            if len(content) > 100:
                row["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 130}
            siblings.append(row)
        info = {"id": repository, "sha": commit, "siblings": siblings}
        self.pages[f"/api/models/{repository}/revision/main"] = json.dumps(info).encode()


class _Answer(BaseHTTPRequestHandler):
    server: WebServer

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        wanted = self.headers.get("Range", "")
        self.server.asked.append((path, wanted))
        if path not in self.server.pages:
            self.send_error(404)
            return
        body, first = self.server.pages[path], 0
        if wanted and with_body:
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - first))
        self.send_header("Content-Type", "text/html" if path.endswith("/") else "application/octet-stream")
        for name, value in self.server.headers.get(path, {}).items():
            self.send_header(name, value)
        self.end_headers()
        if not with_body:
            return
        middle = (first + len(body)) // 2
        self.wfile.write(body[first:middle])
        if path in self.server.break_off:
            self.server.break_off.remove(path)
            self.close_connection = True
            return
        if hold := self.server.holds.pop(path, None):
            hold.reached.set()
            hold.released.wait(300)
        with suppress(ConnectionError):  # whoever was held may have been killed
            self.wfile.write(body[middle:])

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving() -> Iterator[WebServer]:
    with WebServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
