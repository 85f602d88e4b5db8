"""Makes the pictures of docs/: what the embedded image model draws (pictures.png), several things at once
(together.png), and one picture that is changed (changed.png).

Run it from the checkout.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.image.diffusers import DiffusersImageGenerator
from models.pictures import Add, Drawn, ImageOptions, ImageTask, ImageToImage, Inpaint, Picture, TextToImage
from models.types import EngineSpec
from models.weights.store import Store

# In the order of the strip: two rows.
PROMPTS = (
    "a red apple", "a cat", "a rocket", "a sad face", "a blue car", "a tree",
    "a house", "a sailboat", "a green dragon", "a robot", "a ghost", "a pink elephant",
)  # fmt: skip
TOGETHER = (
    "two cats", "a dog on a skateboard", "three red balloons",
    "a cat under an umbrella", "seven stars at night", "a unicorn jumping over a rainbow",
)  # fmt: skip
_COLUMNS = 6
_SIDE = 160


def main() -> None:
    store = Store()
    options = store.entry("tiny-sd").options
    engine = DiffusersImageGenerator(
        EngineSpec("image", "diffusers", "tiny-sd", store.folder("tiny-sd"), options=options)
    )
    tiles = [_tile(_drawn(engine, TextToImage(prompt))) for prompt in PROMPTS]
    rows = [np.concatenate(tiles[start : start + _COLUMNS], axis=1) for start in range(0, len(tiles), _COLUMNS)]
    _save(np.concatenate(rows), "pictures.png")
    several = [_tile(_drawn(engine, TextToImage(prompt))) for prompt in TOGETHER]
    _save(np.concatenate(several, axis=1), "together.png")
    house = _drawn(engine, TextToImage("a house"))
    both = _drawn(engine, Add("a boat", "a house", house))
    green = _drawn(engine, Inpaint("green boat", both, region="the boat"))
    night = _drawn(engine, ImageToImage("a house with a boat, night", green))
    _save(np.concatenate([_tile(picture) for picture in (house, both, green, night)], axis=1), "changed.png")


def _drawn(engine: DiffusersImageGenerator, task: ImageTask) -> Picture:
    (drawn,) = (step for step in engine.make(task, ImageOptions(seed=1)) if isinstance(step, Drawn))
    return drawn.picture


def _tile(picture: Picture) -> npt.NDArray[np.uint8]:
    size = (_SIDE * picture.width // picture.height, _SIDE)
    return np.asarray(Image.fromarray(picture.pixels).resize(size, Image.Resampling.LANCZOS))


def _save(pixels: npt.NDArray[np.uint8], name: str) -> None:
    Image.fromarray(pixels).save(Path(__file__).with_name(name), optimize=True)


if __name__ == "__main__":
    main()
