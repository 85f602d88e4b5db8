"""Our own way through a Llama in 8 bits gives the numbers of transformers' way through the same layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny_causal_lms
import torch
import transformers
from tiny_causal_lms import ARCHITECTURES, Architecture
from transformers.cache_utils import DynamicLayer

from models.llm.growing_layer import GrowingLayer
from models.llm.int8_linear import is_available, quantise
from models.llm.kv_cache import PromptCaches
from models.llm.llama_layers import LlamaLayers, fits

eight_bits = pytest.mark.skipif(not is_available(), reason="torch has no FBGEMM on this processor")
TOKENS = list(range(5, 75))


def llama(**settings: Any) -> Any:
    """Random weights of another size for each matrix, so that none can be taken for another."""
    torch.manual_seed(3)
    sizes = {"hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 6}
    config = transformers.LlamaConfig(vocab_size=100, num_key_value_heads=2, **sizes, **settings)
    model = transformers.LlamaForCausalLM(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, 0.2)
    return model


@eight_bits
@pytest.mark.parametrize("blocks", [[70], [64, 6], [1] * 70, [30, 1, 1, 20, 18]], ids=str)
@torch.inference_mode()
def test_the_numbers_are_those_of_transformers(blocks: Sequence[int]) -> None:
    theirs, ours = llama(), LlamaLayers(llama())
    quantise(theirs)
    their_cache, our_cache = PromptCaches(0).begin([]).cache, PromptCaches(0).begin([]).cache
    start = 0
    for size in blocks:
        tokens = torch.tensor(TOKENS[start : start + size])
        keep = min(2, size)
        expected = theirs(tokens[None], past_key_values=their_cache, use_cache=True, logits_to_keep=keep).logits[0]
        torch.testing.assert_close(ours.logits(tokens, our_cache, keep), expected, rtol=1e-3, atol=1e-3)
        start += size
    assert our_cache.get_seq_length() == len(TOKENS)


@eight_bits
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_only_a_plain_llama_is_taken(architecture: Architecture, tmp_path: Path) -> None:
    folder = tiny_causal_lms.save(architecture, tmp_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    assert fits(model) == (architecture == "llama")


@pytest.mark.parametrize(
    "settings",
    [
        {"attention_bias": True},
        {"mlp_bias": True},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0}},
    ],
    ids=str,
)
def test_a_llama_with_something_else_in_it_is_left_to_transformers(settings: dict[str, Any]) -> None:
    assert fits(llama())
    assert not fits(llama(**settings))


def test_a_growing_layer_holds_what_that_of_transformers_does() -> None:
    ours, theirs = GrowingLayer(), DynamicLayer()
    for n_tokens in (1, 70, 1, 1, 200, 3):
        keys, values = torch.randn(1, 2, n_tokens, 8), torch.randn(1, 2, n_tokens, 4)
        for found, expected in zip(ours.update(keys, values), theirs.update(keys, values), strict=True):
            assert torch.equal(found, expected)
        assert ours.get_seq_length() == theirs.get_seq_length()


def test_a_prompt_that_goes_on_from_another_leaves_it_as_it_was() -> None:
    caches = PromptCaches(1000)
    first = caches.begin(TOKENS)
    first.cache.update(torch.ones(1, 1, 70, 2), torch.ones(1, 1, 70, 2), 0)
    first.tokens.extend(TOKENS)
    second = caches.begin([*TOKENS[:40], 1, 2])
    assert second.tokens == TOKENS[:40]
    second.cache.update(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), 0)
    assert torch.equal(first.cache.layers[0].keys, torch.ones(1, 1, 70, 2))
    assert second.cache.layers[0].keys[0, 0, :, 0].tolist() == [1.0] * 40 + [0.0] * 2
