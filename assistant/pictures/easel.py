"""The pictures of one conversation: which one is spoken about, what is wanted of it, what is being made."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from assistant.errors import AssistantError
from assistant.events import Notice, PictureDropped, PictureStarted
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.phrases.phrasebook import picture_line
from assistant.pictures import sayings
from assistant.pictures.commission import Commission, Result, Show, Studio
from assistant.pictures.description import changed
from assistant.pictures.gallery import Gallery
from assistant.pictures.wall import Wall
from assistant.pictures.wish import Wish
from assistant.stages import Stages
from models.errors import ModelError
from models.pictures import SKETCH_NOTE

Tell: TypeAlias = Callable[[str, str], None]

# One is being drawn, three wait: who asks for more has forgotten the first. The newest is refused, and told so.
_MOST_WAITING = 3
# What is too long to be listened to is written, beside the words that the picture is only a sketch.
_REAL_PICTURES = "For real pictures choose another profile, such as lcm."


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the user was asked back.

    Attributes:
        question: as it was said.
    """

    wish: Wish
    question: str


class Easel:
    """One for each conversation. Wishes are carried out at once; pictures are made one after another, in between.

    Attributes:
        doubt: what was asked back last; None: nothing is open.
    """

    def __init__(self, stages: Stages, gallery: Gallery, clock: Callable[[], float], seed: int | None) -> None:
        """
        Args:
            stages: where what draws is found.
            gallery: where pictures are kept.
            clock: seconds, for the events.
            seed: of the pictures' seeds; None: different each time.
        """
        self.doubt: Doubt | None = None
        self._gallery = gallery
        self._studio = Studio(stages, gallery, clock)
        self._clock = clock
        self._seeds = random.Random(seed)
        self._wall = Wall(gallery, clock)
        self._waiting: deque[Wish] = deque()
        self._drawing: asyncio.Task[Result] | None = None
        self._changed = asyncio.Event()
        self._has_told_sketch = False
        self._show: Show
        self._tell: Tell
        self._regret: Tell

    @property
    def context(self) -> PictureContext:
        """What can be spoken about at the moment."""
        is_drawing = not self.is_idle
        history = self._wall.history
        return PictureContext(
            has_picture=history.has_picture or is_drawing,
            is_drawing=is_drawing,
            shown=len(history.choices),
            can_redo=history.can_redo,
            shows=self._wall.words,
        )

    @property
    def is_idle(self) -> bool:
        """Nothing is being made, or waits for it."""
        return not self._waiting and self._drawing is None

    @asynccontextmanager
    async def opened(self, show: Show, tell: Tell, regret: Tell) -> AsyncIterator[None]:
        """Pictures are made inside the block; leaving it drops those that are not finished.

        Args:
            show: told every event.
            tell: told what is to be said when there is room for it, and its language.
            regret: told the same, at once, where nothing comes of what was promised.
        """
        self._show, self._tell, self._regret = show, tell, regret
        self._wall.show = show
        work = asyncio.create_task(self._work(), name="easel")
        try:
            yield
        finally:
            self._waiting.clear()
            work.cancel()
            await asyncio.wait({work})
            if not work.cancelled():
                work.result()  # raises what it broke on: a defect that must not go unseen

    async def finished(self) -> None:
        """Returns when it is idle."""
        while not self.is_idle:
            self._changed.clear()
            await self._changed.wait()

    def promise(self, wish: Wish) -> str:
        """What is said of a wish before anything is done about it; "": that is known only afterwards."""
        if wish.is_refused:
            return picture_line("not_wanted", wish.language)
        if not wish.intent.is_sure:
            return sayings.question(wish)
        if not wish.is_making:
            return ""
        return self._refusal(wish) or sayings.promise(wish)

    async def carry_out(self, wish: Wish) -> str:
        """Does what is wanted, or begins to; returns what is to be said: what `promise` says, where it says something.

        It is certain by now that the user has finished.
        """
        self.doubt = None
        line = self.promise(wish)
        if wish.is_refused:
            return line
        if not wish.intent.is_sure:
            self.doubt = Doubt(wish, line)
            return line
        if not wish.is_making:
            return await self._do(wish.intent, wish.language)
        if not self._refusal(wish):
            self._waiting.append(wish)
            self._changed.set()
        return line

    def stop(self) -> bool:
        """Gives up what is being made, at its next step, and what waits; False: there was nothing."""
        was_idle = self.is_idle
        self._waiting.clear()
        if self._drawing:
            self._drawing.cancel()
        self._changed.set()
        return not was_idle

    def _refusal(self, wish: Wish) -> str:
        """Why nothing can be made; "": it can."""
        if wish.intent.kind is not IntentKind.DRAW and not self.context.has_picture:
            return picture_line("no_picture", wish.language)
        if len(self._waiting) >= _MOST_WAITING:
            return picture_line("too_many", wish.language)
        return ""

    async def _do(self, intent: Intent, language: str) -> str:
        if intent.kind is IntentKind.STOP:
            return picture_line("stopped" if self.stop() else "not_drawing", language)
        if intent.kind is IntentKind.UNDO and not self.is_idle:
            self.stop()  # what is being made is what the user does not want
            return picture_line("stopped", language)
        if not self._wall.history.has_picture:
            return picture_line("no_picture", language)
        return await self._wall.do(intent, language)

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            wish = self._waiting.popleft()
            picture_id = self._gallery.new_id(self._to_be_seen(wish))
            self._drawing = asyncio.create_task(self._draw(wish, picture_id), name="drawing")
            try:
                await asyncio.wait({self._drawing})
                if not self._drawing.cancelled():
                    await self._settle(wish, picture_id, self._drawing)
            finally:
                self._drawing.cancel()
                await asyncio.wait({self._drawing})
                self._drawing = None
                self._changed.set()

    def _to_be_seen(self, wish: Wish) -> str:
        """On the picture, once it is made; English words for what is changed are not known yet where it was not."""
        if wish.intent.kind is IntentKind.EDIT and wish.heard.language == "en":
            return changed(self._wall.prompt, wish.intent)
        return wish.intent.prompt if wish.intent.kind is IntentKind.DRAW else self._wall.prompt

    async def _draw(self, wish: Wish, picture_id: str) -> Result:
        try:
            return await self._studio.make(await self._begin(wish, picture_id), self._show)
        except asyncio.CancelledError:
            await self._drop(picture_id, "cancelled")
            raise

    async def _settle(self, wish: Wish, picture_id: str, drawing: asyncio.Task[Result]) -> None:
        """Tells what came of it. A picture that is kept is shown, whatever is stopped now."""
        try:
            result = drawing.result()
            if result.entries:
                await self._finish(wish, result)
            else:
                line = picture_line("withheld", wish.language)
                await self._give_up(wish, picture_id, "withheld by the safety checker", line)
        except (AssistantError, ModelError) as error:
            await self._give_up(wish, picture_id, str(error), sayings.failure(error, wish.language))

    async def _begin(self, wish: Wish, picture_id: str) -> Commission:
        is_new = wish.intent.kind is IntentKind.DRAW
        parent = None if is_new else await asyncio.to_thread(self._wall.original)
        prompt = wish.intent.prompt or self._wall.prompt
        await self._show(PictureStarted(self._clock(), picture_id, prompt))
        return Commission(wish, picture_id, self._seeds.randrange(2**31), parent)

    async def _give_up(self, wish: Wish, picture_id: str, reason: str, line: str) -> None:
        self._regret(line, wish.language)
        await self._drop(picture_id, reason)
        self._tell(line, wish.language)

    async def _drop(self, picture_id: str, reason: str) -> None:
        """Nothing came of it; nor can what was to be made of it."""
        while self._waiting and self._waiting[0].intent.kind is not IntentKind.DRAW:
            self._waiting.popleft()
        await self._show(PictureDropped(self._clock(), picture_id, reason))

    async def _finish(self, wish: Wish, result: Result) -> None:
        await self._wall.hang(wish, result.entries)
        line = sayings.finished(wish, result)
        notes = [note for note in result.notes if note != SKETCH_NOTE]
        if SKETCH_NOTE in result.notes and not self._has_told_sketch:
            self._has_told_sketch = True
            line += f" {picture_line('drawn_sketch', wish.language)}"
            notes.append(_REAL_PICTURES)
        for note in notes:
            await self._show(Notice(self._clock(), note))
        self._tell(line, wish.language)
