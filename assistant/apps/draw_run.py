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
from assistant.config import EngineSettings
from assistant.engines import ModelInUse, model_in_use, models_needed
from assistant.errors import FileUnusable
from assistant.pictures.gallery import Gallery
from assistant.pictures.whole_file import write_whole
from assistant.pictures.work import Entry, Origin, Work
from assistant.stages import image_worker
from assistant.workers.worker import Worker, WorkerMode
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


@dataclass(frozen=True, slots=True)
class Artist:
    """What draws: a worker that is not started yet, and the model in it."""

    worker: Worker
    model: ModelInUse


def ready_artist(store: Store, settings: EngineSettings, mode: WorkerMode) -> Artist:
    """Fetches the weights if they are not here.

    Raises:
        EngineUnavailable: a library is missing.
        StoreError: the weights are missing and cannot be fetched.
    """
    model = model_in_use(store, "image", settings)
    pull_shown(store, models_needed(store, "image", settings))
    return Artist(image_worker(store, settings, mode), model)


async def draw(request: Request, artist: Artist, gallery: Gallery, view: DrawView) -> AsyncIterator[Kept]:
    """Draws what was asked for; yields each picture once it is kept, and an animation when all of it is.

    Cancelled, it ends within a step; what was yielded by then stays.

    Raises:
        AssistantError, ModelError: of the model or the gallery.
    """
    keeper = _Keeper(request, artist.model, gallery)
    frames: list[Drawn] = []
    async with artist.worker as worker:
        view.show_loaded(artist.model.name)
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


class _Keeper:
    """Puts what was drawn into the gallery, and copies of it where the user wants them."""

    def __init__(self, request: Request, model: ModelInUse, gallery: Gallery) -> None:
        self._request = request
        self._model = model
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
        drawn_prompt = " → ".join(dict.fromkeys(each.prompt for each in (drawn[0], drawn[-1])))
        prompt = self._request.shown or drawn_prompt
        return Origin(
            kind=self._request.kind,
            prompt=prompt,
            asked="" if prompt == self._request.asked else self._request.asked,
            negative_prompt=self._request.options.negative_prompt,
            model=self._model.name,
            licence=self._model.licence,
            seed=drawn[0].seed,
            steps=drawn[0].steps,
            parent=parent,
        )


def _copy(kept: Path, output: Path) -> None:
    try:
        write_whole(output, kept.read_bytes())
    except OSError as error:
        raise FileUnusable(f"{output} cannot be written: {error.strerror}; the picture is kept as {kept}") from error
