"""Settings of the diffusers engine, as they stand in a profile or are advised by the catalogue.

Where one is called `folder`, a profile may name a model of the store there instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

LowMemory: TypeAlias = Literal["none", "slices", "offload"]


@dataclass(frozen=True, slots=True)
class Lora:
    """Something that was taught to the model afterwards: a way to draw, a thing, or how to draw in few steps.

    Attributes:
        folder: with exactly one .safetensors file; or such a file.
        words: put behind each prompt, where it was taught together with a name of its own.
        strength: 1 is as it was taught.
    """

    folder: str
    words: str = ""
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class SecondModel:
    """A model that does what the first one cannot; loaded when it is first needed.

    Attributes:
        folder: of its weights.
        steps, guidance, scheduler, variant: as in `DiffusersOptions`.
    """

    folder: str
    steps: int = 25
    guidance: float = 7.5
    scheduler: str = ""
    variant: str = ""

    def __post_init__(self) -> None:
        _check(steps=1 <= self.steps <= 1000, guidance=0 <= self.guidance <= 100)


@dataclass(frozen=True, slots=True)
class RegionModel:
    """A CLIPSeg.

    Attributes:
        folder: of its weights.
        threshold: the probability from which on a pixel is meant. CLIPSeg's are low: the best threshold was between 0.1
            and 0.4 in its paper, and differs from picture to picture.
    """

    folder: str
    threshold: float = 0.3

    def __post_init__(self) -> None:
        _check(threshold=0 < self.threshold < 1)


@dataclass(frozen=True, slots=True)
class DiffusersOptions:
    """Settings of this engine.

    Attributes:
        steps, guidance, scheduler: what the model is best used with; "" is the scheduler of its folder.
        variant: of the files, such as "fp16" for diffusion_pytorch_model.fp16.safetensors.
        side: width and height that the model draws best, in pixels; 0: what its folder says.
        fixed_side: it can draw nothing else.
        enlarge: pictures are shown this many times as wide and as high as they are drawn.
        vocabulary: "tiny-sd": prompts are reduced to what the built-in model knows.
        prompt_tokens: of the longest prompt; 0: as many as four readings of the text encoder take.
        lora: always in use.
        styles: in use when they are asked for by name.
        inpaint: made for inpainting; without it, the model itself paints into pictures.
        instruct: an InstructPix2Pix; without it, pictures are not changed by instructions.
        upscaler: made for enlarging; without it, pictures are resampled.
        regions: finds parts of a picture by words; without it, they must come as masks.
        safety_checker: whether the model's own, if it has one, looks at each picture.
        low_memory: "slices": attention and pictures in pieces, slower; "offload": also, only that part of the model is
            on the GPU that is at work.
        channels_last, compile: on CUDA only, where they may be faster: another order in memory, and a compiled UNet.
    """

    steps: int = 25
    guidance: float = 7.5
    scheduler: str = ""
    variant: str = ""
    side: int = 0
    fixed_side: bool = False
    enlarge: int = 1
    vocabulary: Literal["", "tiny-sd"] = ""
    prompt_tokens: int = 0
    lora: Lora | None = None
    styles: Mapping[str, Lora] = field(default_factory=dict)
    inpaint: SecondModel | None = None
    instruct: SecondModel | None = None
    upscaler: SecondModel | None = None
    regions: RegionModel | None = None
    safety_checker: bool = True
    low_memory: LowMemory = "none"
    channels_last: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        _check(
            steps=1 <= self.steps <= 1000,  # as many as models are trained with
            guidance=0 <= self.guidance <= 100,
            side=0 <= self.side <= 4096,
            enlarge=1 <= self.enlarge <= 8,  # 64 pixels become 512; more is only blur
            prompt_tokens=self.prompt_tokens >= 0,
        )


def _check(**holds: bool) -> None:
    for name, is_right in holds.items():
        if not is_right:
            raise ValueError(f"{name} is out of range")
