"""Folders of weights: what is refused before anything of it is loaded, and the safety checker that some have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from image_models import QUIET, Folder, drawn, engine, folder, noise

from assistant.engines import folders_found
from models.errors import ModelMissing, SettingError, WeightsInvalid
from models.image.diffusers import DiffusersImageGenerator
from models.pictures import Extend, ImageTask, ImageToImage, Inpaint, TextToImage, Walk
from models.types import EngineSpec
from models.weights.store import Store

pytestmark = QUIET
__all__ = ["folder"]


class Bomb:
    """Leaves a trace where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.trace), "w")


@pytest.fixture
def copy(folder: Folder, tmp_path: Path) -> Path:
    """Of the small Stable Diffusion with a safety checker, to be damaged."""
    return Path(shutil.copytree(folder("sd-checked"), tmp_path / "model"))


def change_index(model: Path, **values: object) -> None:
    path = model / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("unet", "diffusion_pytorch_model.bin"),
        ("vae", "diffusion_pytorch_model.ckpt"),
        ("text_encoder", "pytorch_model.bin"),
        ("safety_checker", "pytorch_model.bin"),
    ],
)
def test_pickled_weights_are_refused_and_never_opened(copy: Path, tmp_path: Path, part: str, name: str) -> None:
    import torch

    for path in (copy / part).glob("*.safetensors"):
        path.unlink()
    trace = tmp_path / "trace"
    torch.save(Bomb(trace), copy / part / name)
    with pytest.raises(WeightsInvalid, match=f"{part} has only {name}: such files can run code"):
        engine(copy)
    assert not trace.exists()


def test_pickled_weights_beside_safe_ones_are_never_opened(copy: Path, tmp_path: Path) -> None:
    import torch

    trace = tmp_path / "trace"
    for part in ("unet", "vae"):
        torch.save(Bomb(trace), copy / part / "diffusion_pytorch_model.bin")
    assert drawn(engine(copy), TextToImage("a boat"))
    assert not trace.exists()


def test_code_in_the_folder_is_never_run(copy: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = f"open({str(trace)!r}, 'w')\nclass Own: pass\nclass StableDiffusionPipeline: pass\n"
    for place in (copy / "pipeline.py", copy / "own.py", copy / "unet" / "own.py"):
        place.write_text(code)
    change_index(copy, unet=["own", "Own"])
    with pytest.raises(WeightsInvalid, match='its unet would come from "own", whose code is not trusted'):
        engine(copy)
    change_index(copy, unet=["diffusers", "UNet2DConditionModel"], _class_name=["pipeline", "StableDiffusionPipeline"])
    with pytest.raises(WeightsInvalid, match="this engine draws with StableDiffusionPipeline"):
        engine(copy)
    assert not trace.exists()


def _no_index(model: Path) -> None:
    (model / "model_index.json").unlink()


def _index_of_another_kind(model: Path) -> None:
    change_index(model, _class_name="FluxPipeline")


def _index_that_is_no_table(model: Path) -> None:
    (model / "model_index.json").write_text("[1]")


def _cut_off(model: Path) -> None:
    weights = next((model / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:5000])


def _no_weights(model: Path) -> None:
    next((model / "vae").glob("*.safetensors")).unlink()


def _wrong_shapes(model: Path) -> None:
    path = model / "unet" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "cross_attention_dim": 48}))


def _no_checker(model: Path) -> None:
    shutil.rmtree(model / "safety_checker")


@pytest.mark.parametrize(
    "breaks",
    [_no_index, _index_of_another_kind, _index_that_is_no_table, _cut_off, _no_weights, _wrong_shapes, _no_checker],
)
def test_a_damaged_folder_is_said(copy: Path, breaks: object) -> None:
    breaks(copy)  # type: ignore[operator]
    with pytest.raises(WeightsInvalid, match=str(copy)):
        engine(copy)


def test_a_second_model_that_is_damaged_is_said_when_it_is_needed(folder: Folder, tmp_path: Path) -> None:
    generator = engine(folder("sd"), inpaint={"folder": str(tmp_path)}, regions={"folder": str(tmp_path)})
    assert drawn(generator, TextToImage("a boat"))
    for task in (
        Extend("the sea", noise(64, 64), "left", 8),
        Inpaint("the sea", noise(64, 64), region="the boat"),
    ):
        with pytest.raises(WeightsInvalid, match=str(tmp_path)):
            drawn(generator, task)


def test_files_of_a_variant_are_taken(folder: Folder, tmp_path: Path) -> None:
    model = Path(shutil.copytree(folder("sd"), tmp_path / "model"))
    for path in model.rglob("*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    assert drawn(engine(model, variant="fp16"), TextToImage("a boat"))
    with pytest.raises(WeightsInvalid):
        engine(model)


def test_an_option_called_folder_may_name_a_model_of_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path)
    options = {"steps": 3, "inpaint": {"folder": "tiny-sd", "steps": 9}, "styles": {"wood": {"folder": "/somewhere"}}}
    with pytest.raises(ModelMissing, match="assistant models pull CIDAS/clipseg-rd64-refined"):
        folders_found({"regions": {"folder": "CIDAS/clipseg-rd64-refined"}}, store)
    place = store.pull("tiny-sd")
    assert folders_found(options, store) == {
        "steps": 3,
        "inpaint": {"folder": str(place), "steps": 9},
        "styles": {"wood": {"folder": "/somewhere"}},
    }


def test_an_engine_without_a_folder_is_refused() -> None:
    with pytest.raises(SettingError, match="needs the folder of a model"):
        DiffusersImageGenerator(EngineSpec("image", "diffusers"))


# --- the safety checker

TASKS: list[ImageTask] = [
    TextToImage("a boat"),
    ImageToImage("a boat", noise(64, 64)),
    Inpaint("a boat", noise(80, 64), np.ones((64, 80), np.bool_)),
    Extend("a boat", noise(64, 64), "left", 16),
    Walk("a boat", "the sea", 3, 2),
]


@pytest.fixture
def offended(copy: Path) -> Path:
    """Weights whose safety checker takes every picture for harmful."""
    from safetensors.torch import load_file, save_file

    path = copy / "safety_checker" / "model.safetensors"
    tensors = load_file(path)
    tensors["concept_embeds_weights"].fill_(-2.0)
    save_file(tensors, path, {"format": "pt"})
    return copy


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_a_withheld_picture_is_black_all_over_and_says_so(offended: Path, task: ImageTask) -> None:
    for one in drawn(engine(offended), task):
        assert one.is_withheld
        assert one.picture.pixels.max() == 0


def test_the_checker_is_off_only_where_it_is_switched_off(offended: Path, folder: Folder) -> None:
    (unchecked,) = drawn(engine(offended, safety_checker=False), TextToImage("a boat"))
    (checked,) = drawn(engine(folder("sd-checked")), TextToImage("a boat"))
    assert not unchecked.is_withheld
    assert not checked.is_withheld
    assert np.array_equal(unchecked.picture.pixels, checked.picture.pixels)
    (withheld,) = drawn(engine(offended), TextToImage("a boat"))
    assert withheld.is_withheld
