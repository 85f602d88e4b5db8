"""A small OpenAI-compatible server that streams a fixed reply, one word a token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPLY = "The capital of France is Paris , as everybody knows who has been there ."


@contextmanager
def serving() -> Iterator[str]:
    """The base URL while the server runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Requests) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


class _Requests(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        said = " ".join(REPLY.split()[: request.get("max_tokens")])
        for stop in request.get("stop", []):
            said = said.partition(stop)[0]
        words = said.split()
        for word in words:
            self._send({"choices": [{"index": 0, "delta": {"content": f" {word}"}, "finish_reason": None}]})
        reason = "length" if len(words) == request.get("max_tokens") else "stop"
        self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if request.get("stream_options", {}).get("include_usage"):
            self._send({"choices": [], "usage": {"prompt_tokens": 21, "completion_tokens": len(words)}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, chunk: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test that passes is silent."""
