"""From a font to a pipeline: every stage in its order, each going on where it was when the last run ended."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.image.training import autoencoder, corpus, denoiser, export, text, tokenizer
from models.image.training.corpus import Corpus
from models.image.training.stage import Budget, train
from models.image.training.text import Lesson

STAGES = ("autoencoder", "decoder", "text", "denoiser")
_START = "start"
_CORPUS = "corpus.npz"
_SETTINGS = "settings.json"
_KNOWN = "known_words.json"


class OtherSettings(ValueError):
    """The folder has a training of other settings; it can be spoken of to a user as it is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    folder: of checkpoints and of the result; made if it is missing.
    font: Noto Color Emoji.
    start: a pipeline that is trained further; None: from nothing.
    budgets: by stage, all of `STAGES`.
    seed: of everything random.
    n_things: only so many are learnt, to try out the training; 0: all.
    """

    folder: Path
    font: Path
    start: Path | None
    budgets: Mapping[str, Budget]
    seed: int = 0
    n_things: int = 0


def run(plan: Plan, report: Callable[[str], None]) -> Path:
    """Trains, and returns the folder of the finished pipeline.

    Raises:
        OSError: the font cannot be opened, or the disk is full.
        ValueError: the font lacks an emoji.
        OtherSettings: see there.
    """
    import torch

    plan.folder.mkdir(parents=True, exist_ok=True)
    _settle(plan)
    learnt = _corpus(plan, report)
    torch.manual_seed(plan.seed)  # of the weights that a fresh pipeline begins with
    pipeline = _pipeline(plan, learnt)
    lesson = _train_autoencoder(plan, pipeline, learnt, report)
    reader = _reader(plan, pipeline, lesson)
    budgets = plan.budgets
    stage = text.stage(pipeline.text_encoder, pipeline.tokenizer, lesson, budgets["text"], reader=reader)
    train(stage, plan.folder, plan.seed, report)
    stage = denoiser.stage(pipeline, lesson, budgets["denoiser"], is_warm=plan.start is not None)
    train(stage, plan.folder, plan.seed, report)
    return export.export(pipeline, learnt, plan.folder)


def _settle(plan: Plan) -> None:
    """Copies what is trained further, so that the training does not change when that is replaced."""
    settings = {"seed": plan.seed, "n_things": plan.n_things, "start": str(plan.start or "")}
    path = plan.folder / _SETTINGS
    if path.is_file():
        if json.loads(path.read_text("utf-8")) != settings:
            raise OtherSettings(f"{plan.folder} has a training with other settings: {path.read_text('utf-8').strip()}")
        return
    if plan.start is not None:
        partial = plan.folder / f".{_START}"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(plan.start, partial)
        os.replace(partial, plan.folder / _START)
    partial = plan.folder / f".{_SETTINGS}"
    partial.write_text(json.dumps(settings), "utf-8")
    os.replace(partial, path)


def _corpus(plan: Plan, report: Callable[[str], None]) -> Corpus:
    if not (plan.folder / _CORPUS).is_file():
        corpus.save(corpus.build(plan.font, plan.n_things), plan.folder)
    learnt = corpus.load(plan.folder)
    report(f"corpus: {len(learnt.things)} pictures")
    return learnt


def _pipeline(plan: Plan, learnt: Corpus) -> Any:
    import torch
    from diffusers import StableDiffusionPipeline

    if plan.start is not None:
        pipeline: Any = StableDiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
            plan.folder / _START, torch_dtype=torch.float32
        )
        pipeline.unet.to(memory_format=torch.channels_last)
        return pipeline
    words = tokenizer.train(learnt.things, plan.folder / "tokenizer")
    return StableDiffusionPipeline(  # type: ignore[no-untyped-call]
        vae=autoencoder.new(),
        text_encoder=text.new(words),
        tokenizer=words,
        unet=denoiser.new(),
        scheduler=denoiser.scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _train_autoencoder(plan: Plan, pipeline: Any, learnt: Corpus, report: Callable[[str], None]) -> Lesson:
    """The things with their latents. An encoder that a UNet has learnt from already is left as it is."""
    vae, images = pipeline.vae, autoencoder.pixels(learnt.pictures)
    if plan.start is None:
        train(autoencoder.stage(vae, images, plan.budgets["autoencoder"]), plan.folder, plan.seed, report)
        autoencoder.whiten(vae, images)
    train(autoencoder.decoder_stage(vae, images, plan.budgets["decoder"]), plan.folder, plan.seed, report)
    return Lesson(learnt.things, autoencoder.encode(vae, images))


def _reader(plan: Plan, pipeline: Any, lesson: Lesson) -> Any:
    """What the UNet that is trained further has learnt to read in the slots; None where it is a new one."""
    if plan.start is None:
        return None
    rows = json.loads((plan.folder / _START / _KNOWN).read_text("utf-8"))
    names = {name for row in rows for name in row["names"]}
    known = [index for index, thing in enumerate(lesson.things) if names & set(thing.names)]
    return text.read_slots(
        pipeline.text_encoder,
        pipeline.tokenizer,
        Lesson([lesson.things[index] for index in known], lesson.latents[known]),
    )
