"""How far a training stage is, on disk: safetensors, written to a temporary name and moved, so that none is half there.

Nothing random is kept: what a step draws at random depends on the seed and on the number of the step alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Attributes:
    step: how many are done.
    seconds: how long they took.
    weights, averaged: by name, of what is trained; the second is the moving average.
    moments: of Adam; name -> (first, second).
    """

    step: int
    seconds: float
    weights: Mapping[str, torch.Tensor]
    averaged: Mapping[str, torch.Tensor]
    moments: Mapping[str, tuple[torch.Tensor, torch.Tensor]]


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Replaces the file as a whole.

    Raises:
        OSError: the disk is full, for one; the file is as it was.
    """
    from safetensors.torch import save_file

    tensors: dict[str, torch.Tensor] = {}
    for kind, named in (("weights", checkpoint.weights), ("averaged", checkpoint.averaged)):
        tensors |= {f"{kind}/{name}": tensor.detach().contiguous() for name, tensor in named.items()}
    for name, (first, second) in checkpoint.moments.items():
        tensors |= {f"first/{name}": first.contiguous(), f"second/{name}": second.contiguous()}
    state = {"step": checkpoint.step, "seconds": checkpoint.seconds}
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, {"state": json.dumps(state)})
    os.replace(partial, path)


def load(path: Path) -> Checkpoint | None:
    """None: the stage has not begun."""
    from safetensors import safe_open

    if not path.is_file():
        return None
    tables: dict[str, dict[str, torch.Tensor]] = {"weights": {}, "averaged": {}, "first": {}, "second": {}}
    with safe_open(path, "pt") as file:
        state = json.loads(file.metadata()["state"])
        for key in file.keys():  # noqa: SIM118 (it is no mapping)
            kind, name = key.split("/", 1)
            tables[kind][name] = file.get_tensor(key)
    moments = {name: (first, tables["second"][name]) for name, first in tables["first"].items()}
    return Checkpoint(state["step"], state["seconds"], tables["weights"], tables["averaged"], moments)
