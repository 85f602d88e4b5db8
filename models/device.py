"""Device, number type and threads of an engine, chosen once when it loads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from models.errors import SettingError
from models.types import EngineSpec

if TYPE_CHECKING:
    import torch


def choose(spec: EngineSpec) -> tuple[torch.device, torch.dtype]:
    """Where and in which type the engine computes; also sets the number of threads.

    "auto" takes CUDA, then MPS, then the CPU; half precision on CUDA (bfloat16 where the GPU has it) and float32
    elsewhere: half precision on a CPU without the instructions for it is slower, and MPS lacks some of its kernels.

    Raises:
        SettingError: no such device or type.
    """
    # With the default policy two busy processes on two cores spin at each other's cost: 0.16 s of synthesis took 3.4 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    if spec.threads:
        torch.set_num_threads(spec.threads)
    device = _device(spec.device)
    if spec.dtype == "auto":
        half = torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float16
        return device, half if device.type == "cuda" else torch.float32
    dtypes = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if spec.dtype not in dtypes:
        raise SettingError(f'dtype = "{spec.dtype}" is not one of auto, {", ".join(dtypes)}')
    return device, dtypes[spec.dtype]


def _device(name: str) -> torch.device:
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch raises AssertionError where it was built without CUDA
        raise SettingError(f'device = "{name}" cannot be used here: {error}') from error
    return device
