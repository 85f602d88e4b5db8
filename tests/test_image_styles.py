"""Styles: LoRAs that are laid over a model and taken off again, whole or broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny_diffusion
from image_models import QUIET, Folder, engine, folder, pixels

from models.errors import EngineFailed, WeightsInvalid
from models.pictures import ImageOptions, ImageToImage, Inpaint, Picture, TextToImage

# What peft says of several LoRAs in one model, and of one that was taken out again; both are meant.
_OF_PEFT = ("Already found a `peft_config` attribute in the model", "Adapter .* was active which is now deleted")
pytestmark = [QUIET, *(pytest.mark.filterwarnings(f"ignore:{text}:UserWarning") for text in _OF_PEFT)]
__all__ = ["folder"]

BOAT = TextToImage("a boat")
PLAIN = ImageOptions(steps=3)
WOODEN = ImageOptions(steps=3, style="wood")


@pytest.fixture
def lora(folder: Folder) -> Path:
    return folder("lora")


def test_a_style_changes_pictures_and_is_taken_off_again(folder: Folder, lora: Path) -> None:
    generator = engine(folder("sd"), styles={"Wood": {"folder": str(lora)}})
    plain = pixels(engine(folder("sd")), BOAT, PLAIN)
    wooden = pixels(generator, BOAT, WOODEN)
    assert not np.array_equal(wooden, plain)
    assert np.array_equal(pixels(generator, BOAT, PLAIN), plain)
    assert np.array_equal(pixels(generator, BOAT, ImageOptions(steps=3, style="WOOD")), wooden)


def test_a_style_is_that_of_the_library_itself(folder: Folder, lora: Path) -> None:
    import diffusers
    import torch

    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder("sd"))
    pipeline.load_lora_weights(str(lora))
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(0)
    expected = pipeline("a boat", num_inference_steps=3, generator=generator, output_type="np").images[0]
    styled = pixels(engine(folder("sd"), styles={"wood": {"folder": str(lora)}}), BOAT, WOODEN)
    assert np.abs(styled.astype(int) - (255 * expected).round()).max() <= 1


def test_every_pipeline_draws_in_the_style(folder: Folder, lora: Path) -> None:
    generator = engine(folder("sd"), styles={"wood": {"folder": str(lora)}})
    picture = Picture(pixels(generator, BOAT, PLAIN))
    for task in (ImageToImage("sea", picture), Inpaint("sea", picture, np.ones((64, 64), np.bool_))):
        assert not np.array_equal(pixels(generator, task, WOODEN), pixels(generator, task, PLAIN))


def test_strength_and_words_of_a_style_count(folder: Folder, lora: Path) -> None:
    styles = {
        "wood": {"folder": str(lora / "pytorch_lora_weights.safetensors")},
        "half": {"folder": str(lora), "strength": 0.5},
        "said": {"folder": str(lora), "words": "snow", "strength": 0.0},
    }
    generator = engine(folder("sd"), styles=styles)
    pictures = {name: pixels(generator, BOAT, ImageOptions(steps=3, style=name)) for name in ["", *styles]}
    assert not np.array_equal(pictures["half"], pictures["wood"])
    assert not np.array_equal(pictures["half"], pictures[""])
    assert np.array_equal(pictures["said"], pixels(generator, TextToImage("a boat, snow"), PLAIN))


def test_one_lora_can_be_there_always_and_goes_with_every_style(folder: Folder, lora: Path, tmp_path: Path) -> None:
    other = tiny_diffusion.save_lora(tmp_path / "other", folder("sd"))
    styles = {"wood": {"folder": str(other)}}
    always = engine(folder("sd"), lora={"folder": str(lora), "strength": 0.5}, styles=styles)
    first = pixels(always, BOAT, PLAIN)
    assert not np.array_equal(first, pixels(engine(folder("sd")), BOAT, PLAIN))
    both = pixels(always, BOAT, WOODEN)
    assert not np.array_equal(both, first)
    assert not np.array_equal(both, pixels(engine(folder("sd"), styles=styles), BOAT, WOODEN))
    assert np.array_equal(pixels(always, BOAT, PLAIN), first)


def _cut_off(lora: Path, place: Path) -> None:
    whole = (lora / "pytorch_lora_weights.safetensors").read_bytes()
    (place / "x.safetensors").write_bytes(whole[: len(whole) // 2])


def _nonsense(lora: Path, place: Path) -> None:
    (place / "x.safetensors").write_bytes(b"\xff" * 100)


def _other_shapes(lora: Path, place: Path) -> None:
    _rewritten(lora, place, lambda name, tensor: (name, tensor.repeat(1, 2)))


def _other_names(lora: Path, place: Path) -> None:
    _rewritten(lora, place, lambda name, tensor: (f"transformer.{name.replace('lora', 'weight')}", tensor))


def _of_no_layer(lora: Path, place: Path) -> None:
    _rewritten(lora, place, lambda name, tensor: (name.replace("attentions", "elsewhere"), tensor))


def _pickled(lora: Path, place: Path) -> None:
    (place / "pytorch_lora_weights.bin").write_bytes(b"\x80\x04.")


def _nothing(lora: Path, place: Path) -> None:
    """An empty folder."""


def _two(lora: Path, place: Path) -> None:
    for name in ("a", "b"):
        shutil.copy(lora / "pytorch_lora_weights.safetensors", place / f"{name}.safetensors")


def _rewritten(lora: Path, place: Path, change: object) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(lora / "pytorch_lora_weights.safetensors")
    changed = dict(change(name, tensor) for name, tensor in tensors.items())  # type: ignore[operator]
    save_file({name: tensor.contiguous() for name, tensor in changed.items()}, place / "x.safetensors")


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (_cut_off, "damaged"),
        (_nonsense, "damaged"),
        (_other_shapes, "for another model"),
        (_other_names, "LoRA"),
        (_of_no_layer, "LoRA"),
        (_pickled, "can run code"),
        (_nothing, "no .safetensors file"),
        (_two, "2 .safetensors files"),
    ],
)
def test_a_broken_lora_is_said_and_the_engine_draws_on(
    folder: Folder, lora: Path, tmp_path: Path, breaks: object, says: str
) -> None:
    breaks(lora, tmp_path)  # type: ignore[operator]
    generator = engine(folder("sd"), styles={"wood": {"folder": str(lora)}, "broken": {"folder": str(tmp_path)}})
    plain, wooden = (pixels(generator, BOAT, options) for options in (PLAIN, WOODEN))
    for _ in range(2):
        with pytest.raises(EngineFailed, match=rf'the style "broken" cannot be used: .*{says}'):
            pixels(generator, BOAT, ImageOptions(steps=3, style="broken"))
        assert np.array_equal(pixels(generator, BOAT, PLAIN), plain)
        assert np.array_equal(pixels(generator, BOAT, WOODEN), wooden)


def test_a_broken_lora_that_is_to_be_there_always_is_said_at_once(folder: Folder, tmp_path: Path) -> None:
    _nonsense(tmp_path, tmp_path)
    with pytest.raises(WeightsInvalid, match="damaged"):
        engine(folder("sd"), lora={"folder": str(tmp_path)})


def test_an_unknown_style_is_named(folder: Folder, lora: Path) -> None:
    with pytest.raises(EngineFailed, match='no style "woods"; did you mean "wood"'):
        pixels(engine(folder("sd"), styles={"wood": {"folder": str(lora)}}), BOAT, ImageOptions(style="woods"))
