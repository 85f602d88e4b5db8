"""From what the user named to recordings, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.sources.files import local_items
from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from assistant.sources.lists import sources_in
from assistant.sources.rules import SourceRules


def expand(sources: Sequence[str], rules: SourceRules) -> Iterator[Item | Unlisted]:
    """Finds the recordings behind all sources, in their order, while they are asked for; the same one only once.

    Blocks while a site is asked.

    Args:
        sources: links to recordings, playlists, channels and feeds; files; folders; "@list.txt", "-".
    """
    seen = set()
    for source in sources:
        for found in _found(source, rules):
            if isinstance(found, Unlisted):
                yield found
            elif found.key not in seen:
                seen.add(found.key)
                yield found


def _found(named: str, rules: SourceRules) -> Iterator[Item | Unlisted]:
    for source in sources_in(named):
        if isinstance(source, Unlisted):
            yield source
        elif "://" in source:
            yield from _link(source, rules)
        elif source == "-":
            yield Unlisted(source, ItemFailed(Reason.UNSUPPORTED, "standard input cannot be read from within a list"))
        else:
            yield from local_items(Path(source))


def _link(source: str, rules: SourceRules) -> Iterator[Item | Unlisted]:
    scheme = source.partition("://")[0].lower()
    if scheme not in ("http", "https"):
        advice = "give the path of the file itself" if scheme == "file" else "only http:// and https:// are followed"
        yield Unlisted(source, ItemFailed(Reason.REFUSED, f"{source}: {advice}"))
        return
    from assistant.sources.links import linked_items

    yield from linked_items(source, rules)
