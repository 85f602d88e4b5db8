"""News that answers no utterance, such as that a picture is finished: told when nobody speaks."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from assistant.live.answers import Answers, Start

# More than can be under way at once; what is older is not news any more, and goes first.
_MOST = 8


class _News(NamedTuple):
    line: str
    language: str


class Announcements:
    """Told one after another, each whenever there is room: never over the user, nor over or before a reply."""

    def __init__(self, answers: Answers, start: Start) -> None:
        """
        Args:
            answers: among which they are said.
            start: makes a task of a coroutine.
        """
        self._answers = answers
        self._start = start
        self._waiting: deque[_News] = deque(maxlen=_MOST)
        self._changed = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """There is nothing to tell."""
        return not self._waiting

    def add(self, line: str, language: str) -> None:
        """Something is to be told, in a language (ISO 639-1)."""
        self._waiting.append(_News(line, language))
        self._changed.set()

    async def run(self) -> None:
        """Tells what is added, until it is cancelled."""
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            news = self._waiting[0]
            is_told = await self._answers.announce(news.line, news.language, self._start)
            if is_told and self._waiting and self._waiting[0] is news:
                self._waiting.popleft()
