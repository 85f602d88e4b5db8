"""What is said in a live conversation to a request for a picture."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import TypeAlias

from assistant.live.transcriber import Transcript
from assistant.pictures.wish import Heard
from assistant.session import Session
from assistant.translation import in_english

# Given what returns once the user has finished; until then nothing is done.
PictureReply: TypeAlias = Callable[[Callable[[], Awaitable[object]]], AsyncGenerator[str, None]]


async def picture_reply(session: Session, heard: Transcript, owed: str, request: str) -> PictureReply | None:
    """None: it is no such request.

    Args:
        heard: the utterance.
        owed: an earlier one that was not answered yet, of which this one may be the end; "": none.
        request: what of the utterance is for the assistant.
    """
    if session.pictures is None:
        return None
    for said in dict.fromkeys([request, f"{owed} {request}".strip()]):
        if wish := await session.pictures.wish(_heard(session, heard, said)):
            return partial(session.pictures.answer, wish, said)
    return None


def _heard(session: Session, heard: Transcript, said: str) -> Heard:
    async def english() -> str:
        if heard.audio is None:
            return said
        return await in_english(session.stages.stt, heard.audio, heard.language)

    return Heard(said, heard.language, session.language or heard.language, english)
