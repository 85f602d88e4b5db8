"""A way through latent space: what each frame begins with, between two beginnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# Directions that are closer than this (cosine) are walked in a straight line: the formula divides by the sine.
_ALMOST_EQUAL = 0.9995


def parts(frames: int) -> Iterator[float]:
    """How far along the way each frame is: the first 0, the last 1; of at least two."""
    return (frame / (frames - 1) for frame in range(frames))


def between(one: torch.Tensor, other: torch.Tensor, part: float) -> torch.Tensor:
    """Noise on the great circle from one noise to another (Shoemake 1985): a straight line would lose its strength,
    and with it the contrast of the picture."""
    import torch

    cosine = torch.sum(one * other) / (one.norm() * other.norm())
    if cosine > _ALMOST_EQUAL:
        return one.lerp(other, part)
    angle = torch.acos(cosine)
    return (torch.sin((1 - part) * angle) * one + torch.sin(part * angle) * other) / torch.sin(angle)
