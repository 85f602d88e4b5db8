"""The layers of a Llama on the CPU, in 8 bits: what `transformers.LlamaForCausalLM` computes with such layers, in less
than two thirds of the time for a token. Projections of the same input are one product, and no hooks or masks are
involved; SmolLM2 and many other small models are Llamas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from models.llm.int8_linear import Int8Linear

if TYPE_CHECKING:
    from transformers import Cache


def fits(model: Any) -> bool:
    """Whether a model is a Llama as they are published: no biases, nothing scaled."""
    config = model.config
    return (
        config.model_type == "llama"
        and config.hidden_act == "silu"
        and config.rope_parameters["rope_type"] == "default"
        and not (config.attention_bias or config.mlp_bias)
    )


class LlamaLayers:
    """All of them, from token ids to logits. Takes the weights out of the model, which cannot be used any more."""

    def __init__(self, model: Any) -> None:
        """
        Args:
            model: a `LlamaForCausalLM` in float32 for which `fits` holds.
        """
        config, decoder = model.config, model.model
        self._embedding = decoder.embed_tokens.weight.detach().clone()
        self._rotation = decoder.rotary_emb
        self._layers = [_Layer(block, config) for block in decoder.layers]
        self._norm = _Norm(decoder.norm)
        self._to_vocabulary = Int8Linear(model.lm_head)

    def logits(self, tokens: Tensor, cache: Cache, keep: int) -> Tensor:
        """Reads tokens, shape (n,), that follow what is cached; float32, shape (keep, vocabulary), after the last ones.

        Memory that is not enough, and the like, leave more in the cache of some layers than in others.
        """
        start = cache.get_seq_length()
        places = torch.arange(start, start + len(tokens))[None]
        x = self._embedding[tokens]
        turns = self._rotation(x, places)
        # Each token sees those before it and itself; one alone sees all.
        mask = torch.ones(len(tokens), start + len(tokens), dtype=torch.bool).tril(start) if len(tokens) > 1 else None
        for place, layer in enumerate(self._layers):
            x = layer.run(x, turns, mask, cache, place)
        logits: Tensor = self._to_vocabulary(self._norm(x[-keep:]))
        return logits


class _Layer:
    def __init__(self, block: Any, config: Any) -> None:
        attention, mlp = block.self_attn, block.mlp
        self._heads, self._key_heads = config.num_attention_heads, config.num_key_value_heads
        self._head_size = attention.head_dim
        self._queries_keys_values = _joined(attention.q_proj, attention.k_proj, attention.v_proj)
        self._attended = Int8Linear(attention.o_proj)
        self._gate_and_widen = _joined(mlp.gate_proj, mlp.up_proj)
        self._narrow = Int8Linear(mlp.down_proj)
        self._before_attention, self._before_mlp = _Norm(block.input_layernorm), _Norm(block.post_attention_layernorm)

    def run(self, x: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor | None, cache: Cache, place: int) -> Tensor:
        """Maps (n, width) to the same; `turns`: cosine and sine of the rotary positions, each (1, n, head size)."""
        n = len(x)
        mixed = self._queries_keys_values(self._before_attention(x)).view(n, -1, self._head_size).transpose(0, 1)
        turned = _turned(mixed[: -self._key_heads], *turns)
        queries, keys = turned[: self._heads], turned[self._heads :]
        keys, values = cache.update(keys[None], mixed[None, -self._key_heads :], place)
        # Heads that share their keys are further queries to the same.
        queries = queries.reshape(1, self._key_heads, -1, self._head_size)
        shared = mask if mask is None else mask.repeat(self._heads // self._key_heads, 1)
        attended = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=shared)
        x = x + self._attended(attended.view(self._heads, n, -1).transpose(0, 1).reshape(n, -1))
        gate, wide = self._gate_and_widen(self._before_mlp(x)).chunk(2, dim=-1)
        narrowed: Tensor = self._narrow(functional.silu(gate) * wide)
        return x + narrowed


class _Norm:
    """Root mean square (Zhang and Sennrich 2019)."""

    def __init__(self, norm: Any) -> None:
        self._weight = norm.weight.detach().clone()
        self._epsilon = norm.variance_epsilon

    def __call__(self, x: Tensor) -> Tensor:
        normed: Tensor = x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self._epsilon) * self._weight
        return normed


def _turned(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotary positions (Su et al. 2021), halves as transformers pairs them."""
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-second, first), dim=-1) * sine


def _joined(*layers: torch.nn.Linear) -> Int8Linear:
    """One product for layers that read the same."""
    joined = torch.nn.Linear(layers[0].in_features, sum(layer.out_features for layer in layers), bias=False)
    joined.weight.data = torch.cat([layer.weight.detach() for layer in layers])
    return Int8Linear(joined)
