"""Text files of sources: one a line; empty lines and lines that begin with # say nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from assistant.sources.item import ItemFailed, Reason, Unlisted

# Lists of lists are meant to be possible; a list that holds itself is not.
_DEEPEST = 8
# The longest link that common servers accept has 8 KB. A longer line is no source but, say, a film.
_LONGEST_LINE = 8192


def sources_in(source: str, above: tuple[str, ...] = ()) -> Iterator[str | Unlisted]:
    """What is to be looked for: `source` itself, or the sources that are in the list that it names.

    Paths in a list are relative to its folder.

    Args:
        source: "@list.txt", "-" for a list from standard input, or anything else.
        above: the lists that this source is in, outermost first.
    """
    if source == "-" and not above:
        yield from _lines(sys.stdin, "standard input", Path(), ("-",))
    elif not source.startswith("@"):
        yield source
    elif source in above or len(above) >= _DEEPEST:
        why = "this list holds itself" if source in above else f"lists are nested more than {_DEEPEST} deep"
        yield Unlisted(source, ItemFailed(Reason.REFUSED, f"{source[1:]}: {why}"))
    else:
        path = Path(source[1:])
        try:
            with path.open(encoding="utf-8-sig") as lines:
                yield from _lines(lines, str(path), path.parent, (*above, source))
        except OSError as error:
            reason = Reason.NOT_FOUND if isinstance(error, FileNotFoundError) else Reason.BROKEN
            yield Unlisted(source, ItemFailed(reason, f"{path}: this list cannot be read: {error.strerror}"))


def _lines(lines: Iterator[str], name: str, folder: Path, above: tuple[str, ...]) -> Iterator[str | Unlisted]:
    try:
        for line in lines:
            if len(line) > _LONGEST_LINE:
                yield Unlisted(name, ItemFailed(Reason.BROKEN, f"{name} is not a list of sources: a line is too long"))
                return
            entry = line.strip()
            if entry and not entry.startswith("#"):
                yield from sources_in(_seen_from(folder, entry), above)
    except UnicodeDecodeError:
        yield Unlisted(name, ItemFailed(Reason.BROKEN, f"{name} is not a list of sources: it is not text in UTF-8"))


def _seen_from(folder: Path, entry: str) -> str:
    """The entry, with a path made relative to where the program runs."""
    if "://" in entry or entry == "-":
        return entry
    mark = "@" if entry.startswith("@") else ""
    return mark + os.path.normpath(folder / entry.removeprefix("@"))
