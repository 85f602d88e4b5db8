"""The pictures of one conversation as they were shown: gone back to, chosen, kept and described. None is made here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from assistant.errors import GalleryError
from assistant.events import Notice, PictureReady
from assistant.intents.intent import Intent, IntentKind
from assistant.phrases.phrasebook import picture_line
from assistant.pictures.commission import Show
from assistant.pictures.gallery import Gallery
from assistant.pictures.history import History
from assistant.pictures.saving import save_copy, saving_folder
from assistant.pictures.wish import Wish
from assistant.pictures.work import Entry


class Wall:
    """Everything that is said about "the picture" is said about the current one.

    Attributes:
        history: which one that is.
        show: told every event; set by whoever opens the conversation.
    """

    show: Show

    def __init__(self, gallery: Gallery, clock: Callable[[], float]) -> None:
        """
        Args:
            gallery: where the files are.
            clock: seconds, for the events.
        """
        self.history = History()
        self._gallery = gallery
        self._clock = clock
        self._said: dict[str, str] = {}  # picture -> what it shows, in the user's words

    @property
    def prompt(self) -> str:
        """What the current picture shows, in English; "": there is none."""
        return self.history.current.origin.prompt if self.history.has_picture else ""

    @property
    def words(self) -> str:
        """What it shows, as the user has said it."""
        return self._said.get(self.history.current.id, self.prompt) if self.history.has_picture else ""

    def original(self) -> Entry:
        """What is to be changed: the current picture, or that which the current animation was made from. Blocks.

        Raises:
            GalleryError: it is not there any more.
        """
        current = self.history.current
        is_film = current.origin.kind == "animate" and current.origin.parent
        return self._gallery.entry(current.origin.parent) if is_film else current

    async def hang(self, wish: Wish, entries: Sequence[Entry]) -> None:
        """New pictures are shown; the last of them is the current one.

        Raises:
            GalleryError, PictureError: a file is not there any more, or damaged.
        """
        self.history.add(entries)
        for entry in entries:
            if wish.intent.kind is IntentKind.DRAW and wish.language != "en":
                self._said[entry.id] = wish.intent.prompt
            await self._present(entry)

    async def do(self, intent: Intent, language: str) -> str:
        """Does what makes no picture; returns what is said to it. There must be a current one.

        Raises:
            GalleryError, PictureError: a file is not there any more, or damaged.
        """
        match intent.kind:
            case IntentKind.SAVE:
                return await self._save(language)
            case IntentKind.DESCRIBE:
                return self._describe(intent, language)
        return await self._go(intent, language)

    async def _go(self, intent: Intent, language: str) -> str:
        """Another picture is the current one."""
        history = self.history
        if intent.kind is IntentKind.UNDO:
            if not history.can_undo:
                return picture_line("nothing_undone", language)
            await self._present(history.undo())
            return picture_line("undone", language)
        if intent.kind is IntentKind.REDO:
            if not history.can_redo:
                return picture_line("nothing_redone", language)
            await self._present(history.redo())
            return picture_line("redone", language)
        try:
            entry = history.choose(intent.number) if intent.number else history.current
        except IndexError:
            return picture_line("not_chosen", language)
        await self._present(entry)
        return picture_line("chosen", language)

    async def _save(self, language: str) -> str:
        folder = saving_folder()
        try:
            copy = await asyncio.to_thread(save_copy, self.history.current.path, folder)
        except GalleryError as error:
            await self.show(Notice(self._clock(), str(error)))
            return picture_line("not_saved", language, folder=folder.name)
        await self.show(Notice(self._clock(), f"saved: {copy}"))
        return picture_line("saved", language, folder=folder.name)

    def _describe(self, intent: Intent, language: str) -> str:
        origin = self.history.current.origin
        name = {"licence": "licence", "origin": "origin"}.get(intent.aspect, "shows")
        return picture_line(
            name,
            language,
            prompt=self.words,
            model=origin.model,
            licence=origin.licence,
            steps=origin.steps,
            seed=origin.seed,
        )

    async def _present(self, entry: Entry) -> None:
        picture = await asyncio.to_thread(self._gallery.picture, entry.id)
        origin = entry.origin
        await self.show(PictureReady(self._clock(), entry.id, picture, entry.path, origin.prompt, origin.licence))
