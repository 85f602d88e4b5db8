"""What is constant in one task: the model that does it, the prompt as it reads it, how many steps it takes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from models.image.canvas import Canvas, Pixels
from models.image.diffusion_model import DiffusionModel, Made, Run, Step
from models.image.mood import in_words, lit
from models.image.options import DiffusersOptions, SecondModel
from models.image.prompts import Encoded
from models.image.tint import tinted
from models.image.weights_folder import Kind
from models.pictures import DrawingStep, Picture

Making: TypeAlias = Generator[DrawingStep, None, Made]
# What a pipeline does with guidance up to here is nothing.
_NO_GUIDANCE = 1.0
# Image guidance of InstructPix2Pix: what its paper recommends (Brooks et al. 2023, appendix).
_IMAGE_GUIDANCE = 1.5


@dataclass(frozen=True, slots=True)
class Tool:
    """A model, how it is best used, and what it can draw."""

    model: DiffusionModel
    use: DiffusersOptions | SecondModel
    canvas: Canvas


@dataclass(slots=True)
class Progress:
    """Counts the steps of all runs of a task.

    Attributes:
        model: whose previews are shown.
        every: steps between two previews; 0: none.
        runs: that the task takes, each of as many steps.
        done: steps so far.
    """

    model: DiffusionModel
    every: int
    runs: int
    done: int = 0

    def show(self, step: Step) -> DrawingStep:
        """The next step."""
        self.done += 1
        has_preview = self.every > 0 and step.step % self.every == 0
        preview = self.model.preview.picture(step.latents) if has_preview else None
        return DrawingStep(self.done, max(self.done, self.runs * step.steps), preview)


@dataclass(frozen=True, slots=True)
class Scene:
    """
    Attributes:
        tool: see there.
        prompt: as it is drawn, for people.
        encoded: the prompt, that of a walk's end, and what must not be seen, as the model reads them.
        steps, guidance, scheduler: what is used.
        progress: see there.
        notes: for the user.
        left_out, tint, mood: see `prompts.Wanted`.
    """

    tool: Tool
    prompt: str
    encoded: Sequence[Encoded]
    steps: int
    guidance: float
    scheduler: str
    progress: Progress
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    tint: str = ""
    mood: str = ""

    @property
    def shown_prompt(self) -> str:
        """What can be seen once the picture has its tint and its light: "a pink penguin at night"."""
        article, _, thing = self.prompt.partition(" ")
        shown = self.prompt
        if self.tint:
            is_single = article in ("a", "an")
            shown = (
                f"{'an' if self.tint[0] in 'aeiou' else 'a'} {self.tint} {thing}"
                if is_single
                else f"{self.tint} {shown}"
            )
        return f"{shown} {in_words(self.mood)}" if self.mood else shown

    def finished(self, pixels: Pixels) -> Picture:
        """The whole picture with its tint and its light."""
        coloured = tinted(pixels, self.tint) if self.tint else pixels
        return Picture(lit(coloured, self.mood) if self.mood else coloured)

    @property
    def model(self) -> DiffusionModel:
        return self.tool.model

    @property
    def canvas(self) -> Canvas:
        return self.tool.canvas

    def draw(self, kind: Kind, seed: int, *, part: float = 0.0, **arguments: Any) -> Making:
        """One run.

        Args:
            kind, seed: see `Run`.
            part: of the way of a walk.
            arguments: that only this kind of pipeline takes.
        """
        one, other, negative = self.encoded
        prompt = one.towards(other, part)
        encoded = self.model.encoder.arguments(prompt, negative if self.guidance > _NO_GUIDANCE else None)
        common = {"num_inference_steps": self.steps, "guidance_scale": self.guidance, **encoded}
        if kind == "instruct":
            common["image_guidance_scale"] = _IMAGE_GUIDANCE
        return self.model.run(Run(kind, seed, self.scheduler, {**common, **arguments}), self.progress.show)
