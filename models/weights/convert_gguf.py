"""GGUF language model -> a folder that transformers loads without it: safetensors, configuration, tokenizer."""

from __future__ import annotations

import io
import struct
from contextlib import redirect_stderr
from pathlib import Path

from models.errors import WeightsInvalid


def convert(gguf_path: Path, folder: Path) -> None:
    """Writes the dequantised model into the folder.

    In float32: the values are exactly those of the GGUF file, and the engine maps them from the disk without a cast
    (SmolLM2-135M loads in 0.2 s; from float16 or bfloat16 in 0.7 s, and bfloat16 moves logits by up to 0.2).

    Raises:
        WeightsInvalid: not a GGUF file of an architecture that transformers knows.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    where = {"gguf_file": gguf_path.name, "local_files_only": True}
    dense = GgufConfig(dequantize=True)  # else the configuration that is saved asks for the GGUF file again
    try:
        # transformers draws progress bars of its own here, one of which it cannot switch off.
        with redirect_stderr(io.StringIO()):
            tokenizer = AutoTokenizer.from_pretrained(gguf_path.parent, **where)
            model = AutoModelForCausalLM.from_pretrained(
                gguf_path.parent, **where, dtype=torch.float32, quantization_config=dense
            )
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    except (ValueError, KeyError, NotImplementedError, struct.error) as error:
        raise WeightsInvalid(f"{gguf_path.name} cannot be read as a GGUF language model: {error}") from error
    for path in folder.glob("*.safetensors"):
        path.chmod(0o644)  # written for its owner only, yet several users may share a store
