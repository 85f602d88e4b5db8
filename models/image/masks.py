"""Parts of pictures: found by words, grown, and put back so that all around them stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.errors import PartNotFound, WeightsInvalid
from models.image.canvas import Mask, Pixels
from models.image.options import RegionModel
from models.image.weights_folder import only_safetensors

if TYPE_CHECKING:
    import torch

# A found part is grown by this share of the longer side: CLIPSeg sees 352 pixels and cuts edges off.
_GROWN = 1 / 64
# Width of the seam in pixels: one latent cell, within which a model draws over the edge anyhow.
_SEAM = 8


class RegionFinder:
    """CLIPSeg: finds the part of a picture that words name."""

    def __init__(self, settings: RegionModel, device: torch.device) -> None:
        """
        Raises:
            WeightsInvalid: the folder holds no CLIPSeg in safetensors.
        """
        import transformers

        library: Any = transformers  # the types of its factories say less than there is

        folder = Path(settings.folder).expanduser()
        only_safetensors(folder)
        try:
            self._processor: Any = library.AutoProcessor.from_pretrained(folder, local_files_only=True)
            self._model: Any = library.CLIPSegForImageSegmentation.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise WeightsInvalid(f"{folder} cannot be loaded as a CLIPSeg: {error}") from error
        self._model.to(device).eval()
        self._device = device
        self._threshold = settings.threshold

    def find(self, pixels: Pixels, words: str) -> Mask:
        """True where the words apply, somewhat grown; shape (height, width).

        Raises:
            PartNotFound: nowhere.
        """
        import torch
        from PIL import Image

        inputs = self._processor(text=[words], images=[Image.fromarray(pixels)], return_tensors="pt", truncation=True)
        with torch.inference_mode():
            logits = self._model(**inputs.to(self._device)).logits.float().cpu()
            seen = logits.sigmoid().reshape(1, 1, *logits.shape[-2:])
            found = torch.nn.functional.interpolate(seen, pixels.shape[:2], mode="bilinear")[0, 0]
        mask: Mask = found.numpy() > self._threshold
        if not mask.any():
            raise PartNotFound(f'"{words}" cannot be found in the picture')
        return grown(mask, round(_GROWN * max(mask.shape)))


def grown(mask: Mask, by: int) -> Mask:
    """True also within `by` pixels of where it was True, in a square."""
    import torch

    rows = torch.from_numpy(mask.astype(np.float32))[None, None]
    pool = torch.nn.functional.max_pool2d
    wider = pool(rows, (1, 2 * by + 1), stride=1, padding=(0, by))
    higher = pool(wider, (2 * by + 1, 1), stride=1, padding=(by, 0))
    return higher[0, 0].numpy() > 0


def reduced(mask: Mask, width: int, height: int) -> Mask:
    """At another size: True wherever one of its pixels comes to lie."""
    from PIL import Image

    image = Image.fromarray(mask.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX)) > 0


def pasted(new: Pixels, old: Pixels, mask: Mask) -> Pixels:
    """The old picture with the new one where the mask is True, blended along the inner edge of the mask.

    Args:
        new, old: of one size.
        mask: shape (height, width); every pixel outside it is that of `old`, bit by bit.
    """
    weight = _inner_weight(mask)[..., np.newaxis]
    blend = weight * new.astype(np.float32) + (1 - weight) * old.astype(np.float32)
    return np.where(mask[..., np.newaxis], blend.round().astype(np.uint8), old)


def _inner_weight(mask: Mask) -> npt.NDArray[np.float32]:
    """0 at the edge of the mask, 1 from the width of a seam inwards; 1 all over where it is thinner than two seams."""
    from PIL import Image, ImageFilter

    image = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(_SEAM / 2))
    inner = np.clip(np.asarray(image, np.float32) / 127.5 - 1, 0, 1)  # a blurred edge is half white at the edge itself
    is_thick = grown(~grown(~mask, _SEAM), _SEAM)
    return np.where(is_thick, inner, np.float32(1))
