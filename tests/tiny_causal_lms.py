"""Makes small language models with random weights, of the architectures that people run large, as folders on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, TypeAlias

Architecture: TypeAlias = Literal["bloom", "gptj", "gpt_neox", "llama"]
ARCHITECTURES: tuple[Architecture, ...] = ("bloom", "gptj", "gpt_neox", "llama")

CONTEXT_TOKENS = 1024
END_OF_TEXT = "<|endoftext|>"
# Vocabularies learn their words from this; bytes make up the rest.
_TEXT = [
    "User: What is the capital of France?\nAssistant: The capital of France is Paris.\n",
    "Bonjour, comment ça va ? Très bien, merci. Où est la gare ? 日本語 ñ ü 🙂\n",
]


def save(architecture: Architecture, folder: Path, *, pickled: bool = False) -> Path:
    """A checkpoint and its tokenizer in `folder`; `pickled`: in pytorch_model.bin, as GPT-J was published."""
    import torch

    torch.manual_seed(0)
    words = tokenizer(architecture)
    model = _model(architecture, len(words))
    # Random weights of the usual size make every distribution flat; these have likely and unlikely tokens.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.25)
    words.save_pretrained(folder)
    model.save_pretrained(folder)
    if pickled:
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


def tokenizer(architecture: Architecture) -> Any:
    """Llama's spells unknown characters in bytes; in the others' each character may be spread over several tokens."""
    return _sentencepiece_like() if architecture == "llama" else _byte_level()


def _model(architecture: Architecture, vocabulary: int) -> Any:
    import transformers

    sizes: dict[str, Any] = {"vocab_size": vocabulary, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    if architecture == "bloom":
        return transformers.BloomForCausalLM(transformers.BloomConfig(**sizes, hidden_size=32, n_layer=2, n_head=4))
    if architecture == "gptj":
        config = transformers.GPTJConfig(
            **sizes, n_positions=CONTEXT_TOKENS, n_embd=32, n_layer=2, n_head=4, rotary_dim=4
        )
        return transformers.GPTJForCausalLM(config)
    sizes |= {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": CONTEXT_TOKENS,
    }
    if architecture == "gpt_neox":
        return transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**sizes))
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes, num_key_value_heads=2))


def _byte_level() -> Any:
    """As GPT-2, GPT-J, GPT-NeoX and BLOOM have it: a character may be spread over several tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=[END_OF_TEXT], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_TEXT, trainer)
    return _fast(tokenizer)


def _sentencepiece_like() -> Any:
    """As Llama has it: a space belongs to the word after it, and unknown characters are spelled in bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers

    words = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(vocab_size=120, special_tokens=[END_OF_TEXT], show_progress=False)
    words.train_from_iterator([text.replace(" ", "▁") for text in _TEXT[:1]], trainer)
    learned = json.loads(words.to_str())["model"]
    vocabulary = learned["vocab"] | {f"<0x{byte:02X}>": len(learned["vocab"]) + byte for byte in range(256)}
    merges = [(first, second) for first, second in learned["merges"]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return _fast(tokenizer)


def _fast(tokenizer: Any) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END_OF_TEXT, bos_token=END_OF_TEXT)
