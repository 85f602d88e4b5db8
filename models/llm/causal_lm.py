"""A causal language model of transformers on one device: loading, and one forward pass. Knows nothing of prompts."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from models import device
from models.errors import EngineFailed, SettingError, WeightsInvalid
from models.llm.kv_cache import CachedPrompt
from models.types import EngineSpec, ReplyOptions

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from transformers import Cache

    from models.llm.llama_layers import LlamaLayers

# BLOOM's configuration names no longest input, as its positions (ALiBi) need none; it was trained on this length.
_CONTEXT_OF_BLOOM = 2048
# Layers whose cache can be cut anywhere. Recurrent ones (Mamba and the like) keep only their last state.
_ATTENTION = {"full_attention", "sliding_attention", "chunked_attention"}


class CausalLM:
    """Weights and tokenizer.

    Attributes:
        tokenizer: of transformers.
        context_tokens: the longest sequence that the model was made for.
        end_tokens: each ends a reply.
        device: where it computes.
    """

    def __init__(self, spec: EngineSpec) -> None:
        """Loads from the folder `spec.weights`; never from a network, never code from the folder.

        Raises:
            SettingError: no folder is named, or device or number type is wrong.
            WeightsInvalid: the folder holds no causal language model that can be loaded.
        """
        if spec.weights is None:
            raise SettingError("the transformers llm needs the folder of a model")
        self.device, dtype = device.choose(spec)
        self.tokenizer, self._model = _load(spec.weights, dtype)
        self._model.to(self.device).eval()
        self._layers: LlamaLayers | None = None  # in place of the model
        config = self._model.config.get_text_config(decoder=True)
        if not _ATTENTION.issuperset(getattr(config, "layer_types", None) or ()):
            raise WeightsInvalid(f"{spec.weights}: models with recurrent layers are not supported")
        self.context_tokens = int(getattr(config, "max_position_embeddings", None) or _CONTEXT_OF_BLOOM)
        self.end_tokens = self._end_tokens()

    def quantise(self) -> None:
        """Puts the linear layers into 8 bits; on the CPU only, elsewhere it does nothing.

        Raises:
            SettingError: the other layers are not in float32.
        """
        import torch

        if self.device.type == "cpu":
            if self._model.dtype != torch.float32:
                raise SettingError('quantize = "int8" needs dtype = "float32" or "auto" on the CPU')
            from models.llm.int8_linear import is_available, quantise
            from models.llm.llama_layers import LlamaLayers, fits

            if is_available() and fits(self._model):
                self._layers = LlamaLayers(self._model)
            else:
                quantise(self._model)

    def generator(self, options: ReplyOptions) -> torch.Generator:
        """Random numbers for one reply, on the model's device."""
        import torch

        generator = torch.Generator(self.device)
        if options.seed is None:
            generator.seed()
        else:
            generator.manual_seed(options.seed)
        return generator

    def extend(self, cached: CachedPrompt, tokens: Sequence[int]) -> torch.Tensor:
        """Reads the tokens that follow what is cached.

        Returns:
            The logits of the token after them, shape (vocabulary,).

        Raises:
            EngineFailed: the model's numbers are out of range, or the memory is not enough.
        """
        return self.extend_all(cached, tokens, 1)[-1]

    def extend_all(self, cached: CachedPrompt, tokens: Sequence[int], keep: int) -> torch.Tensor:
        """The same, with the logits after each of the last `keep` tokens, shape (keep, vocabulary)."""
        import torch

        try:
            with torch.inference_mode():
                logits = self._logits(torch.tensor(tokens, device=self.device), cached.cache, keep)
                finite = bool(logits.isfinite().all())
        except torch.OutOfMemoryError as error:
            raise EngineFailed(
                f"the memory of {self.device} is not enough for {len(cached.tokens) + len(tokens)} tokens"
            ) from error
        if not finite:
            raise EngineFailed('the language model computes numbers that are not finite; try dtype = "float32"')
        cached.tokens.extend(tokens)
        return logits

    def _logits(self, tokens: torch.Tensor, cache: Cache, keep: int) -> torch.Tensor:
        if self._layers:
            return self._layers.logits(tokens, cache, keep)
        output = self._model(tokens[None], past_key_values=cache, use_cache=True, logits_to_keep=keep)
        logits: torch.Tensor = output.logits[0, -keep:]
        return logits

    def _end_tokens(self) -> frozenset[int]:
        """The end of a text or a turn, and every other control token: none of them belongs into a reply."""
        named = [self._model.generation_config.eos_token_id, self._model.config.eos_token_id]
        ends = {end for entry in named for end in (entry if isinstance(entry, list) else [entry]) if end is not None}
        special = {number for number, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        return frozenset(ends | special | set(self.tokenizer.all_special_ids))


def _load(folder: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    import safetensors
    import transformers

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    common = {"local_files_only": True, "trust_remote_code": False}
    # GPT-J was published only as a pickled state dictionary; weights_only admits nothing but tensors from it.
    safe = {"use_safetensors": any(folder.glob("*.safetensors")), "weights_only": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **common)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **common, **safe)
    except (OSError, ValueError, RuntimeError, KeyError, safetensors.SafetensorError, pickle.UnpicklingError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise WeightsInvalid(f"{folder} holds no causal language model that can be loaded: {first_line}") from error
    return tokenizer, model
