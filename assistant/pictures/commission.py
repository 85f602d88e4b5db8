"""One picture in the making: from a wish to files of the gallery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, cast

from assistant.events import Event, PictureProgress
from assistant.intents.cascade import understand
from assistant.intents.grammar import bare
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.pictures.description import changed
from assistant.pictures.gallery import Gallery
from assistant.pictures.tasks import Original, tasks
from assistant.pictures.wish import Wish
from assistant.pictures.work import Entry, Origin, Work, WorkKind
from assistant.stages import Stages
from models.errors import PartNotFound
from models.pictures import DrawingStep, Drawn, ImageOptions, ImageTask, Inpaint, Instruct, TextToImage

Show: TypeAlias = Callable[[Event], Awaitable[None]]

# Whoever speaks about a picture has one: what was said in English is understood like that.
_ANY_CONTEXT = PictureContext(has_picture=True, is_drawing=True, shown=1)


@dataclass(frozen=True, slots=True)
class Commission:
    """A picture that is wanted.

    Attributes:
        parent: what it is made from; None where words are enough.
    """

    wish: Wish
    picture_id: str
    seed: int
    parent: Entry | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        entries: what is kept; empty where all of it was withheld.
        drawn: what was really drawn, in English.
        notes: what the user should know, in English.
        left_out: what of the request the model does not know.
        is_anew: a part that could not be found is changed by drawing all of it anew.
    """

    entries: tuple[Entry, ...] = ()
    drawn: str = ""
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    is_anew: bool = False


class Studio:
    """Makes pictures with what draws for all conversations, and keeps them."""

    def __init__(self, stages: Stages, gallery: Gallery, clock: Callable[[], float]) -> None:
        self._stages = stages
        self._gallery = gallery
        self._clock = clock

    async def make(self, commission: Commission, show: Show) -> Result:
        """Draws it, step by step, and steps aside while anybody is answered. Cancelled, it stops at its next step.

        Args:
            show: told each step.

        Raises:
            ModelError, AssistantError: it cannot be drawn, or not be kept; then nothing of it is.
        """
        intent, words = await _in_english(commission.wish)
        original = await asyncio.to_thread(self._original, commission.parent) if commission.parent else None
        instruction = words if self._stages.can_be_told else ""
        task, made = await self._first_possible(tasks(intent, original, commission.seed, instruction), commission, show)
        drawn = [picture for picture in made if not picture.is_withheld]
        if not drawn:
            return Result()
        works = self._works(commission, intent, drawn, _shown(task, intent, original, drawn[0]))
        entries = [await asyncio.to_thread(self._gallery.add, work) for work in works]
        return Result(
            tuple(entries),
            entries[0].origin.prompt,
            drawn[0].notes,
            drawn[0].left_out,
            is_anew=isinstance(task, TextToImage) and intent.kind is IntentKind.EDIT,
        )

    def _original(self, parent: Entry) -> Original:
        return Original(self._gallery.picture(parent.id), parent.origin.prompt, parent.origin.seed)

    async def _first_possible(
        self, ways: Iterator[tuple[ImageTask, ImageOptions]], commission: Commission, show: Show
    ) -> tuple[ImageTask, list[Drawn]]:
        """What comes of the first way for which every named part of the picture is found; there is at least one way."""
        failure: PartNotFound | None = None
        for task, options in ways:
            try:
                return task, await self._draw(task, options, commission.picture_id, show)
            except PartNotFound as error:
                failure = failure or error
        assert failure is not None, "there is a way for everything that can be wanted"
        raise failure

    async def _draw(self, task: ImageTask, options: ImageOptions, picture_id: str, show: Show) -> list[Drawn]:
        worker = await self._stages.image()
        drawn = []
        async with aclosing(worker.stream("make", task, options)) as items:
            async for item in items:
                if isinstance(item, DrawingStep):
                    await show(PictureProgress(self._clock(), picture_id, item.step, item.steps, item.preview))
                else:
                    drawn.append(item)
                await self._stages.speech.wait()  # what is not read is not gone on with
        return drawn

    def _works(self, commission: Commission, intent: Intent, drawn: list[Drawn], shown: str) -> list[Work]:
        """One for each picture; the frames of an animation are one.

        Args:
            shown: what can be seen there.
        """
        model = self._stages.models()["image"]
        first = drawn[0]
        origin = Origin(
            kind=cast(WorkKind, intent.kind.value),
            prompt=shown,
            asked="" if intent.prompt in shown else intent.prompt,
            model=model.name,
            licence=model.licence,
            seed=first.seed,
            steps=first.steps,
            created=datetime.now().astimezone(),
            parent=commission.parent.id if commission.parent else "",
        )
        if intent.kind is IntentKind.ANIMATE:
            return [Work(tuple(one.picture for one in drawn), origin, commission.picture_id, suffix=".gif")]
        return [
            Work((one.picture,), replace(origin, seed=one.seed), "" if number else commission.picture_id)
            for number, one in enumerate(drawn)
        ]


def _shown(task: ImageTask, intent: Intent, original: Original | None, drawn: Drawn) -> str:
    """What can be seen on a picture: where only a part was painted, that is more than was painted."""
    if original is None:
        return drawn.prompt or intent.prompt
    if isinstance(task, Inpaint | Instruct):
        return changed(original.prompt, intent)
    return drawn.prompt or original.prompt


async def _in_english(wish: Wish) -> tuple[Intent, str]:
    """What is wanted, in the language that image models read, and the whole of it in that language's words."""
    if wish.heard.language == "en":
        return wish.intent, bare(wish.heard.text, "en")
    english = await wish.heard.english()
    heard = understand(english, "en", _ANY_CONTEXT)
    if heard.kind is wish.intent.kind:
        return replace(wish.intent, prompt=heard.prompt, target=heard.target), bare(english, "en")
    # The request stays around the words that matter, which is better than words that the model cannot read.
    return replace(wish.intent, prompt=english if wish.intent.prompt else ""), bare(english, "en")
