"""GGUF to a folder that transformers loads on its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import WeightsInvalid
from models.weights.convert_gguf import convert


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model" * 1000])
def test_a_file_that_is_not_gguf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(WeightsInvalid, match=r"model\.gguf cannot be read"):
        convert(tmp_path / "model.gguf", tmp_path)


@pytest.mark.weights
def test_the_converted_smollm2_needs_neither_the_gguf_file_nor_a_network(weights: Callable[[str], Path]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = weights("smollm2-135m-instruct")
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    assert model.dtype == torch.float32
    assert tokenizer.chat_template
    prompt = tokenizer("The capital of Italy is Rome. The capital of France is")
    with torch.inference_mode():
        logits = model(torch.tensor([prompt["input_ids"]])).logits
    assert tokenizer.decode(logits[0, -1].argmax()).strip() == "Paris"
