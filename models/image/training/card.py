"""The model card of a finished pipeline: card.md with its figures."""

from __future__ import annotations

import json
import math
import os
from importlib.resources import files
from pathlib import Path
from string import Template

from models.image.retrieval import Score
from models.image.training.evaluation import Figures

_PARTS = ("text_encoder", "unet", "vae")


def write(folder: Path, figures: Figures | None) -> None:
    """Writes README.md into the folder of a pipeline.

    Args:
        folder: what `export` made.
        figures: None: it was not measured.
    """
    known = json.loads((folder / "known_words.json").read_text("utf-8"))
    tokens = json.loads((folder / "tokenizer" / "vocab.json").read_text("utf-8"))
    millions = {part: f"{_parameters(folder / part) / 1e6:.2f}" for part in _PARTS}
    card = Template(files("models.image.training").joinpath("card.md").read_text("utf-8"))
    text = card.substitute(millions, n_things=f"{len(known):,}", n_tokens=f"{len(tokens):,}", figures=_said(figures))
    partial = folder / ".README.md"
    partial.write_text(text, "utf-8")
    os.replace(partial, folder / "README.md")


def _parameters(folder: Path) -> int:
    from safetensors import safe_open

    (path,) = folder.glob("*.safetensors")
    with safe_open(path, "pt") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 (no mapping)


def _said(figures: Figures | None) -> str:
    if figures is None:
        return "Not measured."
    return (
        "The nearest of all pictures that it learnt is the right one, or one with the same noun, for "
        f"{_share(figures.captions)} captions as in training, {_share(figures.free_phrases)} phrases in words that "
        f"training never used, and {_share(figures.unreduced)} of these if they are not reduced to known words."
    )


def _share(score: Score) -> str:
    return f"{score.n_same_noun} of {score.n_asked}"
