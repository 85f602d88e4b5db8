"""Shows the UNet's cross-attention which slot belongs where. Left alone, it takes very long to find out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.image.training import slots

if TYPE_CHECKING:
    import torch

_STEPS = 500  # after a hundred, nearly every head looks where it should
_WEIGHT = 0.03


class Guide:
    """Watches every cross-attention of a UNet. One head of each stays free to look at the words."""

    def __init__(self, unet: Any) -> None:
        self._layers = [layer for name, layer in unet.named_modules() if name.endswith("attn2")]
        self._queries: list[torch.Tensor] = []
        self._keys: list[torch.Tensor] = []
        self._hooks = [
            projection.register_forward_hook(lambda _module, _inputs, output, seen=seen: seen.append(output))
            for layer in self._layers
            for projection, seen in ((layer.to_q, self._queries), (layer.to_k, self._keys))
        ]

    def loss(self, step: int) -> torch.Tensor:
        """How far the attention of the last forward pass was from position p looking at slot p."""
        import torch

        weight = _WEIGHT * max(0.0, 1 - step / _STEPS)
        seen = list(zip(self._layers, self._queries, self._keys, strict=True))
        self._queries.clear()
        self._keys.clear()
        if weight == 0:
            for hook in self._hooks:
                hook.remove()
            self._layers, self._hooks = [], []
            return torch.zeros(())
        return weight * torch.stack([_distance(*one) for one in seen]).mean()


def _distance(layer: Any, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of what each position looks at."""
    import torch
    from torch.nn import functional

    n = len(queries)
    query = queries.view(n, slots.N_SLOTS, layer.heads, -1).transpose(1, 2)
    key = keys.view(n, slots.N_TOKENS, layer.heads, -1).permute(0, 2, 3, 1)
    scores = (query @ key * layer.scale)[:, : layer.heads - 1]
    wanted = torch.arange(slots.FIRST_SLOT, slots.N_TOKENS).repeat(n * (layer.heads - 1))
    return functional.cross_entropy(scores.reshape(-1, slots.N_TOKENS), wanted)
