"""What a word is about, in any of the languages, as far as it matters for pictures: `concepts_*.toml`. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources

from assistant.intents.phrases import folded

_PARTS = ("requests", "around", "wishes")
# As short as this, things are whole words: "sea" is not "search".
_WHOLE = 3
# More different words than a conversation has; a cache without an end would grow for ever.
_CACHED = 4096


@lru_cache(maxsize=_CACHED)
def concepts(word: str) -> tuple[str, ...]:
    """What the word is about, in alphabetical order; () for a word that says nothing of it.

    Args:
        word: as `assistant.intents.phrases.words` compares it.
    """
    whole, beginnings = _lexicon()
    word = word.rstrip("'")
    found = set(whole.get(word, ()))
    for length in range(1, len(word) + 1):
        found.update(beginnings.get(word[:length], ()))
    return tuple(sorted(found))


@cache
def _lexicon() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Words, and beginnings of words, with the names of what they are about."""
    whole: dict[str, set[str]] = {}
    beginnings: dict[str, set[str]] = {}
    for name, word in _entries():
        key = folded(word.removesuffix("*")).rstrip()
        (beginnings if word.endswith("*") else whole).setdefault(key, set()).add(name)
    return whole, beginnings


def _entries() -> Iterator[tuple[str, str]]:
    here = resources.files("assistant.intents")
    for part in _PARTS:
        lines: dict[str, str] = tomllib.loads((here / f"concepts_{part}.toml").read_text(encoding="utf-8"))
        for name, line in lines.items():
            yield from ((name, word) for word in line.split())
    things: dict[str, dict[str, str]] = tomllib.loads((here / "things.toml").read_text(encoding="utf-8"))
    for line in things["visible"].values():
        yield from (("visible", word if len(word) <= _WHOLE else f"{word}*") for word in line.split())
    for line in things["abstract"].values():
        yield from (("abstract", word) for word in line.split())
