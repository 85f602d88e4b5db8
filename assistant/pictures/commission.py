"""One picture in the making: from a wish to files of the gallery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, cast

from assistant.events import Event, PictureProgress
from assistant.intents.cascade import understand
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.pictures.gallery import Gallery
from assistant.pictures.tasks import Original, image_task
from assistant.pictures.wish import Wish
from assistant.pictures.work import Entry, Origin, Work, WorkKind
from assistant.stages import Stages
from models.pictures import DrawingStep, Drawn

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
    """

    entries: tuple[Entry, ...]
    drawn: str
    notes: tuple[str, ...]


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
        intent = await _in_english(commission.wish)
        original = await asyncio.to_thread(self._original, commission.parent) if commission.parent else None
        drawn = [picture for picture in await self._draw(commission, intent, original, show) if not picture.is_withheld]
        if not drawn:
            return Result((), "", ())
        works = self._works(commission, intent, drawn, original)
        entries = [await asyncio.to_thread(self._gallery.add, work) for work in works]
        return Result(tuple(entries), entries[0].origin.prompt, drawn[0].notes)

    def _original(self, parent: Entry) -> Original:
        return Original(self._gallery.picture(parent.id), parent.origin.prompt)

    async def _draw(self, commission: Commission, intent: Intent, original: Original | None, show: Show) -> list[Drawn]:
        task, options = image_task(intent, original, commission.seed)
        worker = await self._stages.image()
        drawn = []
        async with aclosing(worker.stream("make", task, options)) as items:
            async for item in items:
                if isinstance(item, DrawingStep):
                    step = PictureProgress(self._clock(), commission.picture_id, item.step, item.steps, item.preview)
                    await show(step)
                else:
                    drawn.append(item)
                await self._stages.speech.wait()  # what is not read is not gone on with
        return drawn

    def _works(
        self, commission: Commission, intent: Intent, drawn: list[Drawn], original: Original | None
    ) -> list[Work]:
        """One for each picture; the frames of an animation are one."""
        model = self._stages.models()["image"]
        first = drawn[0]
        origin = Origin(
            kind=cast(WorkKind, intent.kind.value),
            prompt=first.prompt or (original.prompt if original else intent.prompt),
            asked=intent.prompt if first.prompt and intent.prompt not in first.prompt else "",
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


async def _in_english(wish: Wish) -> Intent:
    """What is wanted, in the language that image models read."""
    if wish.heard.language == "en":
        return wish.intent
    english = await wish.heard.english()
    heard = understand(english, "en", _ANY_CONTEXT)
    if heard.kind is wish.intent.kind:
        return replace(wish.intent, prompt=heard.prompt, target=heard.target)
    # The request stays around the words that matter, which is better than words that the model cannot read.
    return replace(wish.intent, prompt=english if wish.intent.prompt else "")
