"""Reads server-sent events from bytes as they arrive (WHATWG HTML, section 9.2.6). Knows nothing of who sends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# A line of a chat completion has some hundred bytes. A server that never ends its line must not fill the memory.
MAX_LINE_BYTES = 1 << 20


def events(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yields the data of each event; comments and all other fields are passed over.

    Args:
        chunks: cut anywhere, even within a character.

    Raises:
        ValueError: a line is longer than `MAX_LINE_BYTES`.
    """
    data: list[str] = []
    for line in _lines(chunks):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
    if data:  # the standard drops it, but some servers forget the empty line at the very end
        yield "\n".join(data)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Cuts at \\r\\n, \\n and \\r only: text within JSON may hold other characters that Unicode calls line ends."""
    rest = b""
    for chunk in chunks:
        # The last line may go on in the next chunk, and a \r at its end may be half of \r\n.
        *whole, rest = (rest + chunk).splitlines(keepends=True) or [b""]
        if rest.endswith(b"\n"):
            whole, rest = [*whole, rest], b""
        if len(rest) > MAX_LINE_BYTES:
            raise ValueError(f"a line of more than {MAX_LINE_BYTES} bytes")
        yield from (_text(line) for line in whole)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode(errors="replace")
