"""The layers of Whisper's text decoder, run over a cache of keys and values. Numbers in, numbers out: what is done with
the logits lives in `models.stt.whisper_decoder`.

The results are those of `whisper.model.TextDecoder`. It takes less time because the projections of self-attention are
one product, the keys and values of the sound are computed once for all attempts, no hooks are involved, and on a CPU
the weights are kept in float16, as the published checkpoints are: a step is as fast as the weights can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from whisper.model import MultiHeadAttention, ResidualAttentionBlock, Whisper

_Product: TypeAlias = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the decoder attends to.

    Attributes:
        keys_values: for each layer, each of shape (n_sounds, n_head, n_frames, n_dim).
    """

    keys_values: tuple[tuple[Tensor, Tensor], ...]

    def __len__(self) -> int:
        """Sounds."""
        return len(self.keys_values[0][0])

    def only(self, sounds: Sequence[int]) -> Heard:
        """Some of the sounds, in the order given; shares memory where these are all."""
        if list(sounds) == list(range(len(self))):
            return self
        return Heard(tuple((keys[list(sounds)], values[list(sounds)]) for keys, values in self.keys_values))


class DecoderLayers:
    """Holds texts of the same length in its cache: beams of one sound, or one for each of several sounds.

    Not for use from two threads.
    """

    def __init__(self, model: Whisper) -> None:
        """
        Args:
            model: on its device and in its type.
        """
        self._model = model
        heads = model.alignment_heads.to_dense().tolist()
        self._layers = [_Layer(block, aligned) for block, aligned in zip(model.decoder.blocks, heads, strict=True)]
        embedding = model.decoder.token_embedding.weight
        self._to_vocabulary = _product(embedding, None)
        self._past = torch.empty(0, dtype=embedding.dtype, device=embedding.device)
        self._length = 0

    def hear(self, features: Tensor) -> Heard:
        """Prepares the output of the encoder, shape (n_sounds, n_frames, n_audio_state), for `start` and `attend`."""
        return Heard(tuple(layer.hear(features) for layer in self._layers))

    def start(self, texts: Sequence[Sequence[int]], heard: Heard, rows: Sequence[int]) -> Tensor:
        """Forgets the texts so far and begins new ones.

        Args:
            texts: tokens, as many for each sound.
            rows: the positions in a text whose logits are wanted.

        Returns:
            Logits of the token that follows each of `rows`, float32, shape (n_texts, len(rows), n_vocab).
        """
        self._forget(len(texts))
        return self._logits(self._run(texts, heard)[:, list(rows)])

    def attend(self, texts: Sequence[Sequence[int]], heard: Heard) -> Tensor:
        """Where in the sound the heads that follow it look while whole texts are read; forgets the texts so far.

        Returns:
            Scores before the softmax over frames, shape (n_texts, n_aligned_heads, n_tokens, n_frames).
        """
        self._forget(len(texts))
        scores: list[Tensor] = []
        self._run(texts, heard, scores)
        return torch.cat(scores, dim=1)

    def follow(self, tokens: Sequence[int], heard: Heard, parents: Sequence[int] | None = None) -> Tensor:
        """Goes on by one token for each text.

        Args:
            tokens: one for each text.
            parents: the text of the step before that each one continues; None: each its own.

        Returns:
            Logits of the next token, float32, shape (len(tokens), n_vocab).
        """
        if parents is not None:
            self._past = self._past[:, :, list(parents)]
        return self._logits(self._run([[token] for token in tokens], heard)[:, 0])

    def take_back(self, n_tokens: int) -> None:
        """Forgets the newest tokens of each text."""
        self._length -= n_tokens

    def _forget(self, n_texts: int) -> None:
        dims = self._model.dims
        shape = (
            len(self._layers),
            2,
            n_texts,
            dims.n_text_head,
            dims.n_text_ctx,
            dims.n_text_state // dims.n_text_head,
        )
        self._past = self._past.new_empty(shape)
        self._length = 0

    def _run(self, texts: Sequence[Sequence[int]], heard: Heard, scores: list[Tensor] | None = None) -> Tensor:
        decoder = self._model.decoder
        ids = torch.tensor(texts, device=self._past.device)
        end = self._length + ids.shape[1]
        x = decoder.token_embedding(ids) + decoder.positional_embedding[self._length : end].to(self._past.dtype)
        for layer, past, sound in zip(self._layers, self._past, heard.keys_values, strict=True):
            x = layer.run(x, past[..., :end, :], sound, scores)
        self._length = end
        return _normed(decoder.ln, x)

    def _logits(self, x: Tensor) -> Tensor:
        return self._to_vocabulary(x).float()


class _Layer:
    def __init__(self, block: ResidualAttentionBlock, aligned: Sequence[bool]) -> None:
        """
        Args:
            block: whose weights are taken.
            aligned: for each head, whether it looks at the sound of the word that it writes.
        """
        own, cross = block.attn, block.cross_attn
        self._block = block
        self._heads: int = own.n_head
        self._aligned = [head for head, follows in enumerate(aligned) if follows]
        no_bias = torch.zeros_like(own.query.bias)  # Whisper's keys have none
        self._queries_keys_values = _product(
            torch.cat([own.query.weight, own.key.weight, own.value.weight]),
            torch.cat([own.query.bias, no_bias, own.value.bias]),
        )
        self._own_out = _product(own.out.weight, own.out.bias)
        self._cross: MultiHeadAttention = cross
        self._cross_query = _product(cross.query.weight, cross.query.bias)
        self._cross_out = _product(cross.out.weight, cross.out.bias)
        self._widen = _product(block.mlp[0].weight, block.mlp[0].bias)
        self._narrow = _product(block.mlp[2].weight, block.mlp[2].bias)

    def hear(self, features: Tensor) -> tuple[Tensor, Tensor]:
        keys, values = self._cross.key(features), self._cross.value(features)
        return self._split(keys).contiguous(), self._split(values).contiguous()

    def run(self, x: Tensor, past: Tensor, sound: tuple[Tensor, Tensor], scores: list[Tensor] | None = None) -> Tensor:
        """Writes the keys and values of `x` to the end of `past`, shape (2, n_texts, n_head, n_tokens, n_dim).

        Args:
            scores: takes up those of the aligned heads, shape (n_texts, n_aligned, n_tokens, n_frames).
        """
        new = x.shape[1]
        queries, *keys_values = self._queries_keys_values(_normed(self._block.attn_ln, x)).chunk(3, dim=-1)
        for kept, latest in zip(past, keys_values, strict=True):
            kept[..., -new:, :] = self._split(latest)
        # Several tokens at once come only at the start of a text, where causal means the lower triangle.
        attended = functional.scaled_dot_product_attention(self._split(queries), past[0], past[1], is_causal=new > 1)
        x = x + self._own_out(_merged(attended))
        queries = self._split(self._cross_query(_normed(self._block.cross_attn_ln, x)))
        keys, values = (each.expand(len(x), -1, -1, -1) for each in sound)
        if scores is not None and self._aligned:
            scaled = queries[:, self._aligned] * queries.shape[-1] ** -0.5
            scores.append(scaled @ keys[:, self._aligned].transpose(-1, -2))
        x = x + self._cross_out(_merged(functional.scaled_dot_product_attention(queries, keys, values)))
        return x + self._narrow(functional.gelu(self._widen(_normed(self._block.mlp_ln, x))))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self._heads, -1).transpose(1, 2)


def _merged(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)


def _normed(norm: torch.nn.LayerNorm, x: Tensor) -> Tensor:
    normed: Tensor = norm(x)  # Whisper's own class computes in float32
    return normed


def _product(weight: Tensor, bias: Tensor | None) -> _Product:
    """x -> x @ weight.T + bias."""
    # Exact only if float16 holds the weights; on a CPU without FBGEMM there is no kernel for it.
    exact = weight.dtype == torch.float32 and torch.equal(weight, weight.half().float())
    if weight.device.type == "cpu" and exact and "fbgemm" in torch.backends.quantized.supported_engines:
        packed = torch.ops.quantized.linear_prepack_fp16(weight.detach(), bias)
        return lambda x: torch.ops.quantized.linear_dynamic_fp16(x, packed)
    return lambda x: functional.linear(x, weight, bias)
