"""The finished pipeline, as a folder that diffusers loads and the assistant ships."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from models.image.retrieval import thumbnail
from models.image.training.corpus import Corpus

_RESULT = "pipeline"
_VARIATION_SELECTOR = "\ufe0f"  # asks for the coloured form of an emoji; people type it or not


def export(pipeline: Any, learnt: Corpus, folder: Path) -> Path:
    """Writes the pipeline in half precision, with what it knows; it appears complete or not at all.

    Args:
        pipeline: trained.
        learnt: what it was trained with.
        folder: that `pipeline` appears in.
    """
    import torch

    result, partial, old = folder / _RESULT, folder / f".{_RESULT}", folder / f".{_RESULT}.old"
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    pipeline.to(dtype=torch.float16).save_pretrained(partial)
    _write_vocabulary(partial / "tokenizer")
    _write_known(learnt, partial)
    if result.is_dir():
        os.replace(result, old)
    os.replace(partial, result)
    shutil.rmtree(old, ignore_errors=True)
    return result


def _write_vocabulary(folder: Path) -> None:
    """vocab.json and merges.txt, which other programs read; `save_pretrained` writes tokenizer.json only."""
    model = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), "utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _write_known(learnt: Corpus, folder: Path) -> None:
    rows = []
    for thing in learnt.things:
        emoji = [] if thing.hue else [thing.emoji.replace(_VARIATION_SELECTOR, "")]
        rows.append({"prompt": thing.names[0], "names": [*thing.names, *emoji]})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "known_words.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    seen = np.stack([thumbnail(picture) for picture in learnt.pictures])
    np.savez_compressed(folder / "seen.npz", thumbnails=seen.round().astype(np.uint8))
