"""The picture slots: how the text encoder tells the UNet where what is.

The UNet of the embedded model knows no positions, and learns very slowly from text what lies where. The last 16 tokens
of a prompt are always padding and, since CLIP's attention is causal, see all of it. So the text encoder is taught to
foretell there, through a linear layer that is thrown away afterwards, what the picture will look like: token 24 + k
holds the k-th of the 4 x 4 cells of its latents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

GRID = 4  # cells in each direction
N_SLOTS = GRID * GRID
FIRST_SLOT = 24
N_TOKENS = FIRST_SLOT + N_SLOTS
MOST_TEXT_TOKENS = FIRST_SLOT - 2  # without those for begin and end


def cells(latents: torch.Tensor) -> torch.Tensor:
    """Shape (n, 4, 16, 16) -> (n, 16 cells, 64 numbers in each)."""
    n, channels, height, width = latents.shape
    parts = latents.view(n, channels, GRID, height // GRID, GRID, width // GRID)
    return parts.permute(0, 2, 4, 1, 3, 5).reshape(n, N_SLOTS, -1)
