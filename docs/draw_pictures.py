"""Makes docs/pictures.png: a strip of what the embedded image model draws. Run it from the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from models.image.diffusers import DiffusersImageGenerator
from models.pictures import Drawn, ImageOptions, TextToImage
from models.types import EngineSpec
from models.weights.store import Store

# In the order of the strip: two rows.
PROMPTS = (
    "a red apple", "a cat", "a rocket", "a sad face", "a blue car", "a tree",
    "a house", "a sailboat", "a green dragon", "a robot", "a ghost", "a pink elephant",
)  # fmt: skip
_COLUMNS = 6
_SIDE = 160


def main() -> None:
    store = Store()
    options = store.entry("tiny-sd").options
    engine = DiffusersImageGenerator(
        EngineSpec("image", "diffusers", "tiny-sd", store.folder("tiny-sd"), options=options)
    )
    tiles = []
    for prompt in PROMPTS:
        (drawn,) = (step for step in engine.make(TextToImage(prompt), ImageOptions(seed=1)) if isinstance(step, Drawn))
        tiles.append(np.asarray(Image.fromarray(drawn.picture.pixels).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)))
    rows = [np.concatenate(tiles[start : start + _COLUMNS], axis=1) for start in range(0, len(tiles), _COLUMNS)]
    Image.fromarray(np.concatenate(rows)).save(Path(__file__).with_name("pictures.png"), optimize=True)


if __name__ == "__main__":
    main()
