"""The language model reads while the user still speaks."""

from __future__ import annotations

import logging
from contextlib import aclosing

from assistant.errors import AssistantError
from assistant.session import Session
from assistant.workers.claim import Claim, Urgency, claim
from models.errors import ModelError

_log = logging.getLogger(__name__)


async def read_ahead(session: Session, language: str) -> None:
    """Lets it read the conversation so far; for a task of its own.

    Args:
        language: of the reply to come (ISO 639-1).
    """
    claim.set(Claim(session.party, Urgency.AHEAD))
    messages = session.conversation.messages("", language)[:-1]
    try:
        with session.stages.speech.taken():
            async with aclosing(session.stages.llm.stream("prepare", messages, language)) as steps:
                async for _ in steps:
                    pass
    except (AssistantError, ModelError) as error:
        _log.info("reading ahead failed, the reply will tell: %s", error)
