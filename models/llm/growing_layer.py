"""Keys and values of one layer, with room for more: transformers' own layer copies all of them for every token."""

from __future__ import annotations

from torch import Tensor
from transformers.cache_utils import DynamicLayer

from models.llm.kv_cache import ROOM


class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """Keys and values have shape (1, heads, tokens, head size)."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rooms: tuple[Tensor, Tensor] | None = None  # of which `keys` and `values` are the beginning

    def update(self, key_states: Tensor, value_states: Tensor, *_: object, **__: object) -> tuple[Tensor, Tensor]:
        """Adds those of more tokens; returns all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if self._rooms is None or end > self._rooms[0].shape[-2]:
            kept = self.beginning(start) if start else (key_states[..., :0, :], value_states[..., :0, :])
            self._rooms = _room(kept[0], end), _room(kept[1], end)
        keys, values = self._rooms
        keys[..., start:end, :], values[..., start:end, :] = key_states, value_states
        self.keys, self.values = keys[..., :end, :], values[..., :end, :]
        return self.keys, self.values

    def beginning(self, length: int) -> tuple[Tensor, Tensor]:
        """Of so many tokens, which there must be."""
        assert self.keys is not None
        assert self.values is not None
        return self.keys[..., :length, :], self.values[..., :length, :]


def _room(kept: Tensor, length: int) -> Tensor:
    """Begins with what is kept, and holds `length` and some more."""
    room = kept.new_empty((*kept.shape[:-2], length + ROOM, kept.shape[-1]))
    room[..., : kept.shape[-2], :] = kept
    return room
