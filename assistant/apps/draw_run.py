"""One run of `assistant draw`: the worker draws, the gallery keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from assistant.apps.draw_request import Request
from assistant.apps.draw_view import DrawView
from assistant.apps.pull_view import pull_shown
from assistant.config import EngineSettings, Profile
from assistant.errors import FileUnusable, NoPictures
from assistant.pictures.gallery import Gallery
from assistant.pictures.whole_file import write_whole
from assistant.pictures.work import Entry, Origin, Work
from assistant.stages import ModelInUse, image_worker, model_in_use
from models import registry
from models.pictures import DrawingStep, Drawn, Walk
from models.weights.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture, or an animation, that is in the gallery.

    Attributes:
        output: the copy that the user asked for; None: none was asked for.
    """

    entry: Entry
    output: Path | None


async def draw(
    request: Request, profile: Profile, gallery: Gallery, view: DrawView, *, offline: bool
) -> AsyncIterator[Kept]:
    """Draws what was asked for; yields each picture once it is kept, and an animation when all of it is.

    Cancelled, it ends within a step; what was yielded by then stays.

    Args:
        request: what to draw.
        profile: its [image] draws.
        gallery: keeps it.
        view: shows how it goes.
        offline: fetch no weights.

    Raises:
        NoPictures: the profile has no model that draws.
        AssistantError, ModelError: of the model or the gallery.
    """
    if profile.image is None:
        raise NoPictures("this profile has no model that draws: add one under [image]")
    store = Store(offline=offline)
    keeper = _Keeper(request, _ready(store, profile.image), gallery)
    frames: list[Drawn] = []
    async with image_worker(store, profile.image, profile.workers.mode) as worker:
        view.show_loaded(keeper.model.name)
        async with aclosing(worker.stream("make", request.task, request.options)) as drawing:
            async for item in drawing:
                if isinstance(item, DrawingStep):
                    view.show_step(item)
                elif item.is_withheld:
                    view.show_withheld()
                elif isinstance(request.task, Walk):
                    view.show_frame(item, request.task.frames)
                    frames.append(item)
                else:
                    view.say(item.notes)
                    yield await asyncio.to_thread(keeper.keep, [item])
    if len(frames) > 1:
        yield await asyncio.to_thread(keeper.keep, frames)


def _ready(store: Store, settings: EngineSettings) -> ModelInUse:
    model = model_in_use(store, "image", settings)
    if registry.find("image", settings.engine).has_weights:
        pull_shown(store, [settings.model])
    return model


class _Keeper:
    """Puts what was drawn into the gallery, and copies of it where the user wants them."""

    def __init__(self, request: Request, model: ModelInUse, gallery: Gallery) -> None:
        self.model = model
        self._request = request
        self._gallery = gallery

    def keep(self, drawn: Sequence[Drawn]) -> Kept:
        """One picture, or the frames of an animation. Blocks.

        Raises:
            AssistantError, ModelError: see `Gallery.add`.
            FileUnusable: the copy cannot be written; the gallery has the picture.
        """
        request = self._request
        source = request.original.source if request.original else None
        work = Work(tuple(each.picture for each in drawn), self._origin(drawn), source=source, suffix=request.suffix)
        entry = self._gallery.add(work)
        output = request.outputs[drawn[0].index] if request.outputs else None
        if output:
            _copy(entry.path, output)
        return Kept(entry, output)

    def _origin(self, drawn: Sequence[Drawn]) -> Origin:
        parent = self._request.original.name if self._request.original else ""
        prompt = " → ".join(dict.fromkeys(each.prompt for each in (drawn[0], drawn[-1])))
        if not prompt and self._gallery.has(parent):  # a picture that is only larger still shows the same
            prompt = self._gallery.entry(parent).origin.prompt
        return Origin(
            kind=self._request.kind,
            prompt=prompt,
            asked="" if prompt == self._request.asked else self._request.asked,
            negative_prompt=self._request.options.negative_prompt,
            model=self.model.name,
            licence=self.model.licence,
            seed=drawn[0].seed,
            steps=drawn[0].steps,
            parent=parent,
        )


def _copy(kept: Path, output: Path) -> None:
    try:
        write_whole(output, kept.read_bytes())
    except OSError as error:
        raise FileUnusable(f"{output} cannot be written: {error.strerror}; the picture is kept as {kept}") from error
