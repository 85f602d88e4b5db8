"""Keys and values of prompts that were computed before, found again by their longest common beginning.

Conversations share one model, so several caches are kept. None is ever cut in place: a new prompt gets a copy of the
beginning that it shares, and what was cached before stays valid whenever the computation is broken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import Cache

# A cache is replaced by the prompt that repeats it but for so many tokens: they cost less to compute again than
# another cache costs to keep, and the words of a partial transcript that was corrected are about as many.
_REPLACED_TAIL = 16


# Tokens for which each cache has room beyond its own, so that a reply does not copy all of it for every token: 3 MB
# over all layers of a model of 135 million parameters. Many short prompts consist of little else.
ROOM = 64


@dataclass(slots=True)
class CachedPrompt:
    """Tokens, and their keys and values.

    Attributes:
        tokens: those whose keys and values are certain. After a computation that was broken off, `cache` may hold more.
        cache: of transformers, keys and values of shape (1, heads, at least len(tokens), head size) for each layer.
    """

    tokens: list[int]
    cache: Cache


class PromptCaches:
    """The caches used last, together at most `max_tokens` long with their room; the very last in any case."""

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._kept: list[CachedPrompt] = []  # the one used last is the last one

    def begin(self, tokens: Sequence[int]) -> CachedPrompt:
        """A cache that holds the longest known beginning of `tokens`, kept from now on; the caller extends it.

        At least the last token is never in it, since the model must read one to say what comes next.
        """
        best, shared = None, 0
        for known in self._kept:
            length = common(known.tokens, tokens[:-1])
            if length > shared:
                best, shared = known, length
        begun = _beginning(best, shared)
        if best is not None and len(best.tokens) - shared <= _REPLACED_TAIL:
            self._remove(best)
        self._kept.append(begun)
        self._make_room(len(tokens) - shared)
        return begun

    def _make_room(self, growth: int) -> None:
        while len(self._kept) > 1 and self._length() + growth > self._max_tokens:
            del self._kept[0]

    def _length(self) -> int:
        return sum(len(known.tokens) + ROOM for known in self._kept)

    def _remove(self, known: CachedPrompt) -> None:
        self._kept = [other for other in self._kept if other is not known]


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _beginning(known: CachedPrompt | None, length: int) -> CachedPrompt:
    from transformers import Cache

    from models.llm.growing_layer import GrowingLayer

    cache = Cache(layer_class_to_replicate=GrowingLayer)
    if known is None:
        return CachedPrompt([], cache)
    for place, layer in enumerate(known.cache.layers):
        assert isinstance(layer, GrowingLayer)
        keys, values = layer.beginning(length)
        cache.update(keys, values, place)  # which copies them
    return CachedPrompt(known.tokens[:length], cache)
