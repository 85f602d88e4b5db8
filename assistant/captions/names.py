"""Names of files, made of titles that may hold anything at all: readable, and safe on every file system."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable

# The name itself: common file systems allow 255 bytes, an ending and a temporary name need room, and so does a " (12)".
_LONGEST_BYTES = 180

# What Windows, the most particular of them, allows in no name.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')

# Devices of Windows, whatever follows the first dot.
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)

# Control characters, those that turn or hide the text around them, halves of pairs, private and unknown ones.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))

_NAMELESS = "untitled"


def safe_name(title: str) -> str:
    """A name without an ending, of at most 180 bytes in UTF-8. Two titles may give the same one."""
    text = unicodedata.normalize("NFC", title)
    seen = "".join(" " if letter.isspace() else letter for letter in text if letter.isspace() or _is_seen(letter))
    name = _trimmed(_FORBIDDEN.sub("-", seen))
    if _RESERVED.match(name):
        name = f"_{name}"
    return _trimmed(_cut(name)) or _NAMELESS


def folded(name: str) -> str:
    """The same for names that some file system takes for one: it may ignore case, or how a letter is composed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def free_name(title: str, is_taken: Callable[[str], bool]) -> str:
    """The title's safe name, or the first of "name (2)", "name (3)", … that nobody has."""
    name = safe_name(title)
    if not is_taken(name):
        return name
    return next(other for number in itertools.count(2) if not is_taken(other := f"{name} ({number})"))


def whole_letters(text: str) -> str:
    """The text as UTF-8 can hold it: names on disk may be bytes that are no text, kept as half letters."""
    return text.encode("utf-8", "replace").decode()


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNSEEN


def _trimmed(name: str) -> str:
    """Without what is lost, hidden or misread at the ends: Windows drops dots and spaces at the end, Unix hides what
    begins with a dot, and commands take a leading dash for an option."""
    return " ".join(name.split()).rstrip(". ").lstrip(".- ")


def _cut(name: str) -> str:
    """To the longest length, not within a letter and its accents."""
    if len(name.encode()) <= _LONGEST_BYTES:
        return name
    kept = name.encode()[:_LONGEST_BYTES].decode("utf-8", "ignore")
    end = len(kept)
    while end and unicodedata.combining(name[end]):
        end -= 1
    return kept[:end]
