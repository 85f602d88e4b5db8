"""Requests for pictures in a conversation: recognised among all that is said, answered, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from assistant.conversation import Memory
from assistant.intents.cascade import Understanding, understand
from assistant.intents.intent import Intent, IntentKind
from assistant.phrases.answers import yes_or_no
from assistant.phrases.words import keys
from assistant.pictures.commission import Show
from assistant.pictures.easel import Easel, Tell
from assistant.pictures.wish import Heard, Wish
from assistant.saved_conversation import Turn

# To "What shall I draw?": a thing, not the next topic.
_MOST_WORDS = 12
_NO_INTENT = Intent(IntentKind.TALK)


class PictureRequests:
    """Those of one conversation. Only what the user has said gets here: no text of a model ever does."""

    def __init__(self, easel: Easel, understanding: Understanding, conversation: Memory) -> None:
        """
        Args:
            easel: carries them out.
            understanding: tells them from everything else.
            conversation: where it is kept what was drawn, so that the language model knows.
        """
        self._easel = easel
        self._understanding = understanding
        self._conversation = conversation

    @property
    def is_idle(self) -> bool:
        """Nothing is being drawn."""
        return self._easel.is_idle

    def opened(self, show: Show, tell: Tell) -> AbstractAsyncContextManager[None]:
        """See `Easel.opened`."""
        return self._easel.opened(show, tell, self._conversation.tell)

    def stop(self) -> bool:
        """See `Easel.stop`."""
        return self._easel.stop()

    def undoes(self, text: str, language: str) -> bool:
        """Whether it asks for the picture before this one, and nothing is being drawn that it could ask to end."""
        context = self._easel.context
        return not context.is_drawing and understand(text, language, context).kind is IntentKind.UNDO

    async def wish(self, heard: Heard) -> Wish | None:
        """What the utterance asks for; None: nothing, so it is for the language model. Leaves no trace."""
        doubted = self._doubted(heard)
        if doubted and (said := yes_or_no(heard.text, heard.language)):
            is_sure = bool(doubted.intent.prompt) or doubted.intent.kind is not IntentKind.DRAW
            return replace(doubted, intent=replace(doubted.intent, is_sure=is_sure), is_refused=said == "no")
        intent = await self._understanding.understand(heard.text, heard.language, self._easel.context)
        if intent.kind is IntentKind.TALK:
            intent = _named(doubted, heard.text) if doubted else _NO_INTENT
        return None if intent.kind is IntentKind.TALK else Wish(intent, heard)

    async def answer(
        self, wish: Wish, said: str, certain: Callable[[], Awaitable[object]]
    ) -> AsyncGenerator[str, None]:
        """What is said to a wish, at once where it is known before anything is done.

        Args:
            said: the user's words, to be remembered.
            certain: returns when the user has finished; nothing is done before that.
        """
        line = self._easel.promise(wish)
        if line:
            yield f"{line} "  # the space ends the sentence: it can be spoken before it is certain
        await certain()
        done = await self._easel.carry_out(wish)
        if not line:
            yield done
        self._conversation.add(Turn(said, line or done, wish.language))

    async def answer_and_draw(self, wish: Wish, said: str, show: Show) -> AsyncGenerator[str, None]:
        """As `answer`, for a turn that lasts until the picture is there: it is said at its end.

        Args:
            show: told every event.
        """
        told: list[str] = []  # one line for each picture that is made: one
        async with self.opened(show, lambda line, _: told.append(line)):
            async for line in self.answer(wish, said, lambda: asyncio.sleep(0)):
                yield line
            await self._easel.finished()
        for line in told:
            yield line

    def _doubted(self, heard: Heard) -> Wish | None:
        """What the user was asked back just now."""
        doubt = self._easel.doubt
        if doubt is None or doubt.question != self._conversation.last_reply:
            return None
        return replace(doubt.wish, heard=replace(doubt.wish.heard, reply_language=heard.reply_language))


def _named(doubted: Wish, text: str) -> Intent:
    """The thing that was asked for: "What shall I draw?" "A red apple."."""
    is_open = doubted.intent.kind is IntentKind.DRAW and not doubted.intent.prompt
    if not is_open or len(keys(text)) > _MOST_WORDS or text.rstrip().endswith("?"):
        return _NO_INTENT
    return Intent(IntentKind.DRAW, prompt=text.strip(" .!"))
