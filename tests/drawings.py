"""Pictures that tests keep in a gallery: no model is needed to make them."""

from __future__ import annotations

from typing import Any

import numpy as np

from assistant.pictures.work import Origin, Work, WorkKind
from models.pictures import Picture


def scene(width: int = 256, height: int = 256, seed: int = 1, roughness: float = 1.7) -> Picture:
    """Colour with the spectrum of a photograph, 1/f to the power of `roughness`: hills and clouds, as it were."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    frequency[0, 0] = 1
    planes = [
        np.fft.ifft2(np.fft.fft2(rng.standard_normal((height, width))) / frequency**roughness).real for _ in range(4)
    ]
    channels = [planes[0] + 0.3 * plane for plane in planes[1:]]
    pixels = np.stack([(each - each.mean()) / each.std() * 50 + 128 for each in channels], axis=-1)
    return Picture(np.clip(pixels, 0, 255).astype(np.uint8))


def origin(kind: WorkKind = "draw", **changes: Any) -> Origin:
    """Of a picture by the built-in model."""
    said = {"prompt": "a red apple", "model": "tiny-sd", "licence": "Apache-2.0", "seed": 3, "steps": 20}
    return Origin(kind=kind, **{**said, **changes})


def work(picture: Picture | None = None, **changes: Any) -> Work:
    """A picture that was just drawn."""
    return Work((picture or scene(64, 64),), origin(**changes))
