"""What may be fetched, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.errors import FileUnusable

# How such a file begins, or Python does not take it (http.cookiejar.MozillaCookieJar).
_COOKIE_HEADS = ("# Netscape HTTP Cookie File", "# HTTP Cookie File")


@dataclass(frozen=True, slots=True)
class SourceRules:
    """
    Attributes:
        allow_local: whether links may lead to this machine or its own network. It also allows proxies: what lies behind
            one cannot be checked.
        generic: whether links to sites that nothing is known about are tried, such as feeds and plain media files.
        cookies: a file of cookies in Netscape's format, which is read and never written; None sends none.
        longest_s: of a recording behind a link. A day and a half of sound is a mistake, or a stream without an end.
        largest_bytes: of a download. A film in high definition has about 8 GB.
        stalled_s: without enough progress a download is given up.
        with_video: whether the picture is wanted too.

    Raises:
        FileUnusable: the cookies cannot be read, or are something else.
    """

    allow_local: bool = False
    generic: bool = False
    cookies: Path | None = None
    longest_s: float = 36 * 3600.0
    largest_bytes: int = 16_000_000_000
    stalled_s: float = 60.0
    with_video: bool = False

    def __post_init__(self) -> None:
        if self.cookies is not None:
            self.cookie_text()

    def cookie_text(self) -> str:
        """What is in the file of cookies; "" without one."""
        if self.cookies is None:
            return ""
        try:
            text = self.cookies.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnusable(f"{self.cookies}: the cookies cannot be read: {error}") from error
        if not text.startswith(_COOKIE_HEADS):
            raise FileUnusable(f"{self.cookies} is no file of cookies: its first line must be {_COOKIE_HEADS[0]!r}")
        return text
