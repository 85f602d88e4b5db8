"""One answer of a live conversation, from the moment at which it begins to be made."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from assistant.workers.claim import Claim, Urgency

Task: TypeAlias = asyncio.Task[None]


@dataclass(slots=True)
class Answer:
    """What is prepared for one utterance, and given once it has ended.

    Attributes:
        claim: on the workers; what is prepared is less urgent than what is given.
        ended: set when the user has finished, so that the answer is wanted.
        earlier: the answer that was given before, until it is certain that this one takes its place.
        question: what is still owed an answer; more than the utterance if it takes over from earlier ones.
        language: ISO 639-1 code that was heard.
        announced: set once the transcript was shown, or it is certain that there is none.
        is_audible: it sounds.
        has_sounded: it sounded at least for a moment.
    """

    claim: Claim
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    earlier: Answer | None = None
    question: str = ""
    language: str = "en"
    announced: asyncio.Event = field(default_factory=asyncio.Event)
    is_audible: bool = False
    has_sounded: bool = False
    task: Task = field(init=False)

    @classmethod
    def unasked(cls, party: Hashable, language: str) -> Self:
        """For something that answers no utterance."""
        answer = cls(Claim(party), language=language)
        answer.announced.set()
        return answer

    def want(self) -> None:
        """The user has finished, and waits for it."""
        self.claim.urgency = Urgency.AWAITED
        self.ended.set()
