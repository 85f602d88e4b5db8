"""Values of the image stage: what can be asked of an engine, and what it yields. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Side: TypeAlias = Literal["left", "right", "top", "bottom"]

# The note of every picture by the model that comes with the project; a conversation says it once, in its own language.
SKETCH_NOTE = "This is a sketch by the built-in model; for real pictures choose another profile."
# … and of several at once.
ALIKE_NOTE = "The built-in model draws a thing much the same each time, whatever the seed."


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture.

    Attributes:
        pixels: RGB, uint8, shape (height, width, 3).
    """

    pixels: npt.NDArray[np.uint8]

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


# The prompt of an `Inpaint` of something that is to vanish: what is around it goes on.
EMPTY = "empty background"


@dataclass(frozen=True, slots=True)
class TextToImage:
    """A new picture."""

    prompt: str


@dataclass(frozen=True, slots=True)
class ImageToImage:
    """The whole picture made anew, after the old one.

    Attributes:
        strength: in (0, 1]; at 1 hardly anything is left of the old one.
    """

    prompt: str
    picture: Picture
    strength: float = 0.6

    def __post_init__(self) -> None:
        if not 0 < self.strength <= 1:
            raise ValueError(f"strength = {self.strength} is not in (0, 1]")


@dataclass(frozen=True, slots=True)
class Add:
    """Something more in the picture. What cannot put it there alone makes the whole picture anew, after the old one.

    Attributes:
        thing: what is added.
        shown: what the picture shows so far.
        strength: of making it anew; see `ImageToImage`.
    """

    thing: str
    shown: str
    picture: Picture
    strength: float = 0.65

    @property
    def prompt(self) -> str:
        """What the picture shows then."""
        return f"{self.shown} {'and' if ' with ' in self.shown else 'with'} {self.thing}"

    def anew(self) -> ImageToImage:
        """The whole picture, after the old one."""
        return ImageToImage(self.prompt, self.picture, self.strength)


@dataclass(frozen=True, slots=True, eq=False)
class Inpaint:
    """A part of the picture made anew; every pixel outside it stays exactly as it was.

    Attributes:
        mask: True where the picture may change, shape (height, width); None: the part that `region` names.
        region: words for a part of the picture, such as "the boat".
    """

    prompt: str
    picture: Picture
    mask: npt.NDArray[np.bool_] | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Extend:
    """More of the picture on one side; the old area stays exactly as it was.

    Attributes:
        pixels: by how much; at least 1.
    """

    prompt: str
    picture: Picture
    side: Side
    pixels: int

    def __post_init__(self) -> None:
        if self.pixels < 1:
            raise ValueError(f"pixels = {self.pixels} is below 1")


@dataclass(frozen=True, slots=True)
class Enlarge:
    """Twice the width and height."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Instruct:
    """The picture changed as an instruction says, such as "make it snow"."""

    instruction: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Walk:
    """A way through the model's latent space, as frames: from one prompt or seed to another.

    Attributes:
        seed_to: seed of the last frame; equal to the options' seed, only the prompt changes on the way.
    """

    prompt: str
    prompt_to: str
    seed_to: int
    frames: int = 24

    def __post_init__(self) -> None:
        if not 2 <= self.frames <= 1000:  # half a minute and more of film, and a day of work for a large model
            raise ValueError(f"frames = {self.frames} is out of range")
        if not 0 <= self.seed_to < 2**63:  # what random generators take
            raise ValueError(f"seed_to = {self.seed_to} is out of range")


ImageTask: TypeAlias = TextToImage | ImageToImage | Add | Inpaint | Extend | Enlarge | Instruct | Walk


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How to draw, with the names that people know.

    Attributes:
        negative_prompt: what must not be seen.
        steps: of denoising; 0: as the model is best used.
        guidance: how closely the prompt is followed; None: as the model is best used.
        seed: equal seeds give equal pictures.
        scheduler: name of one that the engine knows; "": the model's own.
        width, height: in pixels; 0: the model's own.
        count: pictures at once; the n-th has the seed `seed + n`.
        style: name of a LoRA that the engine was given; "": none.
        preview_every: steps between two previews; 0: none.
    """

    negative_prompt: str = ""
    steps: int = 0
    guidance: float | None = None
    seed: int = 0
    scheduler: str = ""
    width: int = 0
    height: int = 0
    count: int = 1
    style: str = ""
    preview_every: int = 3

    def __post_init__(self) -> None:
        checks = {
            "steps": 0 <= self.steps <= 1000,  # as many as models are trained with
            "guidance": self.guidance is None or 0 <= self.guidance <= 100,
            "seed": 0 <= self.seed < 2**63,  # what random generators take
            "width": 0 <= self.width <= 4096,
            "height": 0 <= self.height <= 4096,
            "count": 1 <= self.count <= 16,
            "preview_every": self.preview_every >= 0,
        }
        for name, holds in checks.items():
            if not holds:
                raise ValueError(f"{name} = {getattr(self, name)} is out of range")


@dataclass(frozen=True, slots=True)
class DrawingStep:
    """One step is done; the engine can be stopped here.

    Attributes:
        step: done so far, from 1; of `steps` in all.
        preview: roughly what the picture will be, small; None at most steps.
    """

    step: int
    steps: int
    preview: Picture | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished picture, or one frame of a walk.

    Attributes:
        index: among those of the task, from 0.
        prompt: what was really drawn; a model that knows little draws less than was asked.
        notes: what the user should know, one sentence each, in English.
        left_out: what of the words that were given is not in the picture, because the model does not know it.
        is_withheld: a safety checker took offence; the picture is black.
    """

    picture: Picture
    index: int
    seed: int
    prompt: str
    steps: int
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    is_withheld: bool = False
