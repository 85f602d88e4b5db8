"""Engines over small image models, each made and loaded once for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tiny_diffusion

from models.image.diffusers import DiffusersImageGenerator
from models.pictures import DrawingStep, Drawn, ImageOptions, ImageTask, Picture
from models.types import EngineSpec

# Schedulers of diffusers make NumPy arrays of tensors in a way that NumPy 2 does not like; the numbers are right.
QUIET = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
FAST = ImageOptions(steps=3)
# What ships with the project; its vocabulary is tested with it.
SKETCHER = Path(__file__).parents[1] / "models" / "image" / "tiny_sd"
SKETCHER_OPTIONS = {"steps": 6, "guidance": 3.0, "fixed_side": True, "enlarge": 4, "prompt_tokens": 22}

Folder = Callable[[str], Path]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Weights on disk by the name of what they are; do not write into it."""
    root = tmp_path_factory.mktemp("image_models")

    def make(name: str) -> Path:
        place = root / name
        if not place.exists():
            match name:
                case "clipseg":
                    tiny_diffusion.save_clipseg(place)
                case "upscaler":
                    tiny_diffusion.save_upscaler(place)
                case "lora":
                    tiny_diffusion.save_lora(place, make("sd"))
                case "sd" | "sd-checked" | "xl" | "inpaint" | "pix2pix":
                    tiny_diffusion.save(name, place)
        return place

    return make


def engine(weights: Path, **options: object) -> DiffusersImageGenerator:
    return DiffusersImageGenerator(EngineSpec("image", "diffusers", weights=weights, device="cpu", options=options))


def drawn(generator: DiffusersImageGenerator, task: ImageTask, options: ImageOptions = FAST) -> list[Drawn]:
    return [item for item in generator.make(task, options) if isinstance(item, Drawn)]


def pixels(generator: DiffusersImageGenerator, task: ImageTask, options: ImageOptions = FAST) -> np.ndarray:
    """Of the first picture."""
    return drawn(generator, task, options)[0].picture.pixels


def steps(items: Iterator[DrawingStep | Drawn]) -> list[DrawingStep]:
    return [item for item in items if isinstance(item, DrawingStep)]


def noise(width: int, height: int) -> Picture:
    """A picture in which no two pixels are alike by chance."""
    return Picture(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))
