"""Stable Diffusion and its kin with diffusers: which model does a task, with what prompt, in which style.

How each task is done is in `ways`, a single run in `diffusion_model`, sizes in `canvas`, prompts in `prompts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from models import device, settings
from models.errors import EngineFailed, NothingKnown, PartNotFound, SettingError
from models.image import prompts, sketches, walk, ways
from models.image.canvas import Canvas, check, check_size, resampled
from models.image.diffusion_model import DiffusionModel, Placement, Run
from models.image.groups import grouped
from models.image.masks import RegionFinder
from models.image.memory import shortage_told
from models.image.options import DiffusersOptions, SecondModel
from models.image.prompts import Wanted
from models.image.scene import Making, Progress, Scene, Tool
from models.image.styles import Styles
from models.image.together import drawn_together
from models.pictures import (
    ALIKE_NOTE,
    SKETCH_NOTE,
    Add,
    DrawingStep,
    Drawn,
    Enlarge,
    Extend,
    ImageOptions,
    ImageTask,
    ImageToImage,
    Inpaint,
    Instruct,
    Picture,
    TextToImage,
    Walk,
)
from models.types import EngineSpec

# The built-in model is so small that two threads wait for each other longer than they work: 20 steps take 0.96 s with
# two and 0.72 s with one, on two cores, and the other core is free for the voice.
_THREADS_OF_SKETCHES = 1


class DiffusersImageGenerator:
    """Draws with a model from a folder, and changes pictures. Serves one request at a time.

    Pictures that are asked for at once are drawn one after the other: a batch would take the memory of all of them, and
    equal seeds would not give equal pictures, as numbers are added up in another order in a batch.
    """

    def __init__(self, spec: EngineSpec) -> None:
        """Loads the first model; others that the options name are only looked for.

        Raises:
            SettingError: an option, the device or the number type is wrong.
            WeightsInvalid: the folder holds no pipeline of diffusers in safetensors.
        """
        if spec.weights is None:
            raise SettingError("the diffusers image engine needs the folder of a model")
        self._options = options = settings.read(DiffusersOptions, spec.options, "options of the diffusers image")
        threads = spec.threads or (_THREADS_OF_SKETCHES if options.vocabulary else 0)
        chosen, dtype = device.choose(replace(spec, threads=threads))
        self._placement = Placement(
            chosen, dtype, options.low_memory, options.channels_last, options.compile, options.safety_checker
        )
        model = DiffusionModel(spec.weights, self._placement, options.variant, options.prompt_tokens)
        canvas = Canvas(options.side or model.side, model.cell, options.fixed_side, options.enlarge)
        self._main = Tool(model, options, canvas)
        self._second: dict[SecondModel, Tool] = {}
        self._styles = Styles(model.base, options.styles, options.lora)

    def warm_up(self) -> None:
        """Draws nothing in one step: as large as usual on a GPU, which chooses its kernels by size, else small."""
        tool = self._main
        if not tool.model.can("text"):
            return
        side = tool.canvas.shown_side if self._placement.device.type == "cuda" else 1
        scene = self._scene(tool, Wanted(""), ImageOptions(steps=1, preview_every=1), runs=1)
        list(ways.new(scene, ImageOptions(width=side, height=side), 0))

    def make(self, task: ImageTask, options: ImageOptions) -> Iterator[DrawingStep | Drawn]:
        """See `ImageGenerator`. It can be closed at each step, and ends at that one.

        Raises:
            EngineFailed: the model cannot do this, there is no such style or scheduler, nothing is to be drawn.
            NothingKnown: a model with a vocabulary knows not one word of the prompt.
            OutOfMemory, PartNotFound: see there.
            PromptTooLong: see there.
        """
        with shortage_told():
            match task:
                case Enlarge():
                    yield from self._enlarge(task, options)
                case Walk():
                    yield from self._walked(task, options)
                case Add() | Inpaint() | Extend() | ImageToImage() if self._is_sketch(task):
                    yield from sketches.changed(task, options, self._new)
                case TextToImage():
                    yield from self._new(task, options)
                case Add():
                    yield from self._draw(task.anew(), options)
                case _:
                    yield from self._draw(task, options)

    def _new(self, task: TextToImage, options: ImageOptions) -> Iterator[DrawingStep | Drawn]:
        """Of several things, each is drawn by itself where the model knows only single ones."""
        group = grouped(task.prompt) if self._options.vocabulary == "tiny-sd" else None
        if group is None:
            return self._draw(task, options)
        return drawn_together(group, options, self._main.canvas, lambda text, each: self._draw(TextToImage(text), each))

    def _walked(self, task: Walk, options: ImageOptions) -> Iterator[DrawingStep | Drawn]:
        """As `_new`, where only the seed changes on the way."""
        is_same = self._options.vocabulary == "tiny-sd" and task.prompt == task.prompt_to
        group = grouped(task.prompt) if is_same else None
        if group is None:
            return self._walk(task, options)
        return drawn_together(
            group,
            options,
            self._main.canvas,
            lambda text, each: self._walk(replace(task, prompt=text, prompt_to=text), each),
        )

    def _is_sketch(self, task: Add | Inpaint | Extend | ImageToImage) -> bool:
        """Whether what is drawn on the paper is changed, and not the picture as a whole."""
        return self._options.vocabulary == "tiny-sd" and sketches.can_change(task)

    def _draw(
        self, task: TextToImage | ImageToImage | Inpaint | Extend | Instruct, options: ImageOptions
    ) -> Iterator[DrawingStep | Drawn]:
        scene, way = self._way(task, options)
        for index in range(options.count):
            seed = options.seed + index
            made = yield from way(scene, seed)
            picture, prompt = scene.finished(made.pixels), scene.shown_prompt
            yield Drawn(picture, index, seed, prompt, scene.steps, scene.notes, scene.left_out, made.is_withheld)

    def _way(
        self, task: TextToImage | ImageToImage | Inpaint | Extend | Instruct, options: ImageOptions
    ) -> tuple[Scene, Callable[[Scene, int], Making]]:
        """The scene of a task, and how one picture of it is made."""
        if not isinstance(task, TextToImage):
            check(task.picture)
        runs = options.count
        match task:
            case TextToImage():
                scene = self._scene(self._main, self._wanted(task.prompt, options, is_needed=True), options, runs)
                return scene, lambda scene, seed: ways.new(scene, options, seed)
            case ImageToImage():
                scene = self._scene(self._main, self._wanted(task.prompt, options), options, runs)
                return scene, lambda scene, seed: ways.anew(scene, task, seed)
            case Inpaint():
                tool, wanted = self._tool(self._options.inpaint), self._wanted(task.prompt, options, can_tint=False)
                mask = ways.checked_mask(
                    task, self._finder.find(task.picture.pixels, task.region) if task.mask is None else task.mask
                )
                return self._scene(tool, wanted, options, runs), lambda scene, seed: ways.part(scene, task, mask, seed)
            case Extend():
                tool, wanted = self._tool(self._options.inpaint), self._wanted(task.prompt, options, can_tint=False)
                runs *= len(ways.extension(tool.canvas, task))
                return self._scene(tool, wanted, options, runs), lambda scene, seed: ways.more(scene, task, seed)
            case Instruct():
                tool = self._tool(self._options.instruct)
                wanted = Wanted(prompts.clean(task.instruction))
                return self._scene(tool, wanted, options, runs), lambda scene, seed: ways.instructed(scene, task, seed)

    def _walk(self, task: Walk, options: ImageOptions) -> Iterator[DrawingStep | Drawn]:
        """Each frame is a picture of its own: on the way between two noises, and between two encoded prompts."""
        can_tint = task.prompt == task.prompt_to
        one, other = (
            self._wanted(text, options, is_needed=True, can_tint=can_tint) for text in (task.prompt, task.prompt_to)
        )
        scene = self._scene(self._main, one, options, task.frames, other.prompt)
        canvas, model = scene.canvas, scene.model
        shown = canvas.shown(options.width, options.height)
        drawn = canvas.drawn(*shown)
        first, last = (model.noise(seed, *drawn) for seed in (options.seed, task.seed_to))
        for frame, part in enumerate(walk.parts(task.frames)):
            latents = walk.between(first, last, part).to(model.base.device, model.base.dtype)
            made = yield from scene.draw(
                "text", options.seed, part=part, latents=latents, width=drawn[0], height=drawn[1]
            )
            picture = scene.finished(resampled(made.pixels, *shown))
            prompt, seed = (other.prompt, task.seed_to) if part == 1 else (scene.shown_prompt, options.seed)
            yield Drawn(picture, frame, seed, prompt, scene.steps, scene.notes, scene.left_out, made.is_withheld)

    def _enlarge(self, task: Enlarge, options: ImageOptions) -> Iterator[DrawingStep | Drawn]:
        check(task.picture)
        size = (2 * task.picture.width, 2 * task.picture.height)
        check_size(*size)
        if self._options.upscaler is None:
            yield Drawn(Picture(resampled(task.picture.pixels, *size)), 0, options.seed, "", 0)
            return
        tool = self._tool(self._options.upscaler)
        steps, guidance, scheduler = _best(tool, options)
        arguments = {"prompt": "", "image": ways.image(task.picture.pixels)}
        run = Run(
            "upscale", options.seed, scheduler, {"num_inference_steps": steps, "guidance_scale": guidance, **arguments}
        )
        made = yield from tool.model.run(run, Progress(tool.model, 0, 1).show)
        yield Drawn(Picture(resampled(made.pixels, *size)), 0, options.seed, "", steps, is_withheld=made.is_withheld)

    def _scene(self, tool: Tool, wanted: Wanted, options: ImageOptions, runs: int, prompt_to: str = "") -> Scene:
        """The scene, with the style's words in its prompts; the style is on from here.

        Args:
            runs: that the task takes.
            prompt_to: of a walk.
        """
        words = self._styles.use(options.style)
        negative, encoder = self._negative(options), tool.model.encoder
        texts = [*(", ".join(filter(None, (text, words))) for text in (wanted.prompt, prompt_to)), negative]
        for text in texts:
            encoder.check(text)
        steps, guidance, scheduler = _best(tool, options)
        progress = Progress(tool.model, options.preview_every, runs)
        encoded = encoder.encode(texts)
        return Scene(
            tool,
            wanted.shown or wanted.prompt,
            encoded,
            steps,
            guidance,
            scheduler,
            progress,
            notes=wanted.notes,
            left_out=wanted.left_out,
            tint=wanted.tint,
            mood=wanted.mood,
        )

    def _wanted(self, text: str, options: ImageOptions, *, is_needed: bool = False, can_tint: bool = True) -> Wanted:
        """What is drawn of the text, and what is to be said of it.

        Args:
            is_needed: nothing cannot be drawn; parts of a picture can be filled without a word.
            can_tint: the whole picture is new, so that it can get a colour afterwards.
        """
        vocabulary, canvas = self._options.vocabulary, self._main.canvas
        wanted = prompts.wanted(text, vocabulary, can_tint=can_tint)
        if is_needed and not wanted.prompt:
            raise EngineFailed("the description is empty; say what is to be seen")
        notes = list(wanted.notes)
        size = (options.width or canvas.shown_side, options.height or canvas.shown_side)
        if canvas.is_fixed and size[0] != size[1]:
            notes.append("The model draws squares only.")
        if vocabulary:
            notes += [ALIKE_NOTE, SKETCH_NOTE] if options.count > 1 else [SKETCH_NOTE]
        return replace(wanted, notes=tuple(notes))

    def _negative(self, options: ImageOptions) -> str:
        try:
            return prompts.wanted(options.negative_prompt, self._options.vocabulary).prompt
        except NothingKnown:  # what it does not know, it does not draw
            return ""

    def _tool(self, second: SecondModel | None) -> Tool:
        """The second model, loaded by the first call; the main one where there is none."""
        if second is None:
            return self._main
        if second not in self._second:
            model = DiffusionModel(Path(second.folder).expanduser(), self._placement, second.variant, prompt_tokens=0)
            self._second[second] = Tool(model, second, Canvas(model.side, model.cell))
        return self._second[second]

    @cached_property
    def _finder(self) -> RegionFinder:
        if self._options.regions is None:
            raise PartNotFound("no model that finds parts of pictures is set; give it under [image.options.regions]")
        return RegionFinder(self._options.regions, self._placement.device)


def _best(tool: Tool, options: ImageOptions) -> tuple[int, float, str]:
    """Steps, guidance and scheduler: what was asked for, else what the model is best used with."""
    guidance = tool.use.guidance if options.guidance is None else options.guidance
    return options.steps or tool.use.steps, guidance, options.scheduler or tool.use.scheduler
