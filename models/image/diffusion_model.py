"""One set of weights, and every pipeline that they can be used in.

Each run has a pipeline object of its own, built from the same parts in a moment, with a scheduler of its own: that is
the only part that keeps state, so a run that was broken off leaves nothing behind.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from models.errors import EngineFailed
from models.image import schedulers, weights_folder
from models.image.canvas import Pixels
from models.image.options import LowMemory
from models.image.previews import LinearPreview
from models.image.prompts import PromptEncoder
from models.image.stepwise import stepwise
from models.image.weights_folder import PIPELINES, Kind

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

_CANNOT: Mapping[Kind, str] = {
    "text": "changes pictures, and draws no new ones",
    "image": "makes no pictures after others",
    "inpaint": "makes no part of a picture anew; name one that does under [image.options.inpaint]",
    "instruct": "follows no instructions; name an InstructPix2Pix under [image.options.instruct]",
    "upscale": "enlarges no pictures; name one that does under [image.options.upscaler]",
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and how the weights of an engine are used; see `DiffusersOptions`."""

    device: torch.device
    dtype: torch.dtype
    low_memory: LowMemory
    channels_last: bool
    compile: bool
    safety_checker: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One picture to be made.

    Attributes:
        kind: of pipeline.
        seed: of all its random numbers.
        scheduler: name; "": the model's own.
        arguments: for the pipeline: steps and guidance, encoded prompts, and what its kind needs.
    """

    kind: Kind
    seed: int
    scheduler: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of a run is done.

    Attributes:
        step, steps: from 1; in all.
        latents: that are expected at the end; shape (channels, height, width).
    """

    step: int
    steps: int
    latents: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """The end of a run.

    Attributes:
        pixels: as in `Picture`; black where `is_withheld`.
    """

    pixels: Pixels
    is_withheld: bool


class DiffusionModel:
    """Weights on a device.

    Attributes:
        base: the pipeline of the folder; its parts are those of all others.
        cell: pixels of a latent cell in each direction.
        side: width and height that it was taught with, in pixels.
        encoder: of prompts.
        preview: of its latents.
    """

    def __init__(self, folder: Path, placement: Placement, variant: str, prompt_tokens: int) -> None:
        """
        Args:
            folder, variant: see `weights_folder.load`.
            placement: see there.
            prompt_tokens: of the longest prompt; 0: see `PromptEncoder`.

        Raises:
            WeightsInvalid: see `weights_folder.load`.
        """
        self._folder = folder
        self._device = placement.device
        self._is_offloaded = placement.low_memory == "offload" and placement.device.type != "cpu"
        self.base = weights_folder.load(folder, placement.dtype, variant, safety_checker=placement.safety_checker)
        self._kinds = PIPELINES[type(self.base).__name__]
        self._place(placement)
        self.cell = 2 ** (len(self.base.vae.config.block_out_channels) - 1)
        self.side = int(np.max(self.base.unet.config.sample_size)) * self.cell
        self.encoder = PromptEncoder(self.base, prompt_tokens)
        self.preview = LinearPreview(
            self.base.vae, self.cell
        )  # now: in a run, an offloaded model would be moved for it

    def can(self, kind: Kind) -> bool:
        """Whether its weights can be used so."""
        return kind in self._kinds

    def run(self, run: Run, show: Callable[[Step], T]) -> Generator[T, None, Made]:
        """Yields what is shown of each step; ends at the present one when it is closed, and is ready for the next run.

        Raises:
            EngineFailed: these weights cannot be used so, or compute no numbers.
        """
        if not self.can(run.kind):
            raise EngineFailed(f"the model in {self._folder.name} {_CANNOT[run.kind]}")

        def work(report: Callable[[T], None]) -> Made:
            return self._call(run, lambda step: report(show(step)))

        return (yield from stepwise(work))

    def noise(self, seed: int, width: int, height: int) -> torch.Tensor:
        """What a new picture of that size begins with; shape (1, channels, height, width) of its latents."""
        import torch

        shape = (1, self.base.unet.config.in_channels, height // self.cell, width // self.cell)
        return torch.randn(shape, generator=_generator(seed))

    def _call(self, run: Run, report: Callable[[Step], None]) -> Made:
        pipeline = self._pipeline(run.kind, schedulers.named(run.scheduler, self.base.scheduler))
        done = 0

        def on_step(latents: torch.Tensor) -> None:
            nonlocal done
            done += 1
            steps = getattr(pipeline, "num_timesteps", len(pipeline.scheduler.timesteps))
            report(Step(done, steps, latents[0]))

        schedulers.watch(pipeline.scheduler, on_step)
        try:
            return _made(pipeline(generator=_generator(run.seed), output_type="np", **run.arguments))
        finally:
            pipeline.maybe_free_model_hooks()

    def _pipeline(self, kind: Kind, scheduler: Any) -> Any:
        import diffusers

        pipeline_class = getattr(diffusers, self._kinds[kind])
        known = inspect.signature(pipeline_class.__init__).parameters
        # The watermark of XL's pipelines is visible to none but its own reader; the assistant has one for all models.
        parts = {**self.base.config, **self.base.components, "scheduler": scheduler, "add_watermarker": False}
        pipeline = pipeline_class(**{name: part for name, part in parts.items() if name in known})
        pipeline.set_progress_bar_config(disable=True)
        if self._is_offloaded:
            pipeline.enable_model_cpu_offload(device=self._device)
        return pipeline

    def _place(self, placement: Placement) -> None:
        import torch

        if not self._is_offloaded:
            self.base.to(self._device)
        if placement.low_memory != "none":
            self.base.enable_attention_slicing()
            self.base.vae.enable_slicing()
            self.base.vae.enable_tiling()
        if self._device.type == "cuda" and placement.channels_last:
            self.base.unet.to(memory_format=torch.channels_last)
        if self._device.type == "cuda" and placement.compile:
            self.base.unet.compile()


def _generator(seed: int) -> torch.Generator:
    """On the CPU, so that equal seeds mean the same on every device."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def _made(output: Any) -> Made:
    values = output.images[0]
    if not np.isfinite(values).all():
        raise EngineFailed('the model computes no numbers in this number type; set dtype = "float32"')
    is_withheld = bool((getattr(output, "nsfw_content_detected", None) or [False])[0])
    pixels = np.zeros_like(values) if is_withheld else values
    return Made((255 * pixels).round().astype(np.uint8), is_withheld)
