"""What a picture will be, roughly, without the decoder: latents to RGB by a linear map.

For Stable Diffusion such maps are passed around as tables of numbers. Here the map is fitted to the model's own encoder
when it is loaded, so that every autoencoder has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.pictures import Picture

if TYPE_CHECKING:
    import torch

# Patches of colour in each direction, and latent cells of each: the cells at the borders of a patch are mixed.
_PATCHES = 8
_CELLS = 4
# Both parameters of the beta distribution of the patches' colours. Pictures have more of the lightest and darkest than
# an even draw: of eight pictures of the embedded model the previews differ by 12.5 of 255 instead of 14.3.
_TO_THE_ENDS = 0.3


class LinearPreview:
    """Knows how the colours of an autoencoder's latents are to be read."""

    def __init__(self, vae: Any, scale: int) -> None:
        """Encodes a picture of coloured patches.

        Args:
            vae: an AutoencoderKL.
            scale: pixels of a latent cell in each direction.
        """
        import torch

        colours = np.random.default_rng(0).beta(_TO_THE_ENDS, _TO_THE_ENDS, (3, _PATCHES, _PATCHES))
        patches = colours.astype(np.float32)
        cells = torch.from_numpy(patches.repeat(_CELLS, axis=1).repeat(_CELLS, axis=2))
        pixels = cells.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
        with torch.no_grad():
            encoded = vae.encode((2 * pixels - 1)[None].to(vae.device, vae.dtype)).latent_dist.mode()
        latents = (encoded * vae.config.scaling_factor)[0].float().cpu()
        solution = torch.linalg.lstsq(_with_one(latents), cells.flatten(1).T).solution
        self._map: torch.Tensor = solution  # (channels + 1, 3)

    def picture(self, latents: torch.Tensor) -> Picture:
        """A pixel for each cell.

        Args:
            latents: shape (channels, height, width).
        """
        rgb = (_with_one(latents.float().cpu()) @ self._map).nan_to_num()
        pixels = (255 * rgb.clamp(0, 1)).round().numpy().astype(np.uint8)
        return Picture(pixels.reshape(*latents.shape[1:], 3))


def _with_one(latents: torch.Tensor) -> torch.Tensor:
    """A row for each cell, its channels and a 1."""
    import torch

    rows = latents.flatten(1).T
    return torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
