"""One utterance of a live conversation, while the user says it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from assistant.live.answer import Answer
from assistant.live.transcriber import Transcriber


@dataclass(slots=True)
class Utterance:
    """What the user is saying, and the turn that is being prepared from it.

    Attributes:
        start_sample: position of its audio in the conversation.
        said_samples: of its audio, up to the newest silence; 0 while the user speaks.
        tasks: all that ends with it, beside the answer.
        answer: from a soft end until the user goes on.
    """

    transcriber: Transcriber
    start_sample: int
    said_samples: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    answer: Answer | None = None

    def close(self) -> None:
        """Nothing more is wanted of it."""
        for task in self.tasks:
            task.cancel()
