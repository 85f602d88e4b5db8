"""What the user wants, asked step by step: state, grammar, classifier, and in doubt the language model.

Only the user's own transcript can ask for anything. So nothing here takes a conversation: neither what the language
model wrote nor a document or a caption is ever looked at, and the language model is shown the one sentence alone.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

from assistant.errors import AssistantError
from assistant.intents import choices, classifier, doubt
from assistant.intents.details import complete
from assistant.intents.grammar import bare, parse, parse_part, possible
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.intents.subject import subject
from assistant.workers.worker import Worker
from models.errors import ModelError
from models.types import Pause

_log = logging.getLogger(__name__)

# How likely talk may be for the user to be asked about the likeliest wish, how likely that must be then, and to be
# believed. Of 1,951 wishes in the widest wording 506 are then taken for talk, and of 1,610 sentences of talk beside
# them 59 are asked about; with 0.2 for the first and 0 for the second 312 and 113, and "Alpha" is a wish.
_HARDLY_TALK, _LIKELY, _CERTAIN = 0.1, 0.5, 0.98
# Somebody waits for the answer. A small model on two busy cores takes 1 to 2 s.
_DEADLINE_S = 2.0
# By how much, in nats, a sentence must make its label likelier than talk to be believed, and talk likelier to be none.
# Of 15 doubtful sentences SmolLM2 135M decides 6 with these, all rightly; the users decide the others.
_WANTED, _UNWANTED = 2.0, 0.0


def understand(text: str, language: str, context: PictureContext) -> Intent:
    """What is wanted, without a model; in well under 5 ms once the grammar is compiled by the first call.

    Args:
        text: the user's own final transcript, never what the assistant, a document or a caption says.
        language: ISO 639-1 code as it was heard.
        context: what there is of pictures.

    Returns:
        TALK where nothing is wanted of a picture; not `is_sure` where only a guess can be made.
    """
    found = parse(text, language, context)
    if found is None or found.kind is IntentKind.TALK or doubt.is_other(found, text, context):
        guess = complete(_guess(text, language, context), text, language)
        is_against_talk = found is not None and found.kind is IntentKind.TALK and guess.kind is not IntentKind.TALK
        return replace(guess, is_sure=guess.is_sure and not is_against_talk)
    return complete(doubt.weighed(found, text, context), text, language)


class Understanding:
    """The whole cascade, for any number of conversations."""

    def __init__(self, llm: Worker, deadline_s: float = _DEADLINE_S) -> None:
        """
        Args:
            llm: a running worker of the stage "llm"; asked only in doubt.
            deadline_s: how long it may take; after that the user is asked back.
        """
        self._llm = llm
        self._deadline_s = deadline_s
        self._neutral: dict[IntentKind, list[float]] = {}

    async def understand(self, text: str, language: str, context: PictureContext) -> Intent:
        """What is wanted; with `is_sure` False, the user is to be asked back. Parameters as of the function."""
        intent = understand(text, language, context)
        if intent.is_sure or not intent.prompt + intent.target:  # no model knows what "Draw something" means
            return intent
        try:
            async with asyncio.timeout(self._deadline_s):
                gain = await self._gain(text, intent.kind)
        except (TimeoutError, AssistantError, ModelError) as error:
            _log.info("the language model could not tell what is wanted, so the user is asked: %s", error)
            return intent
        if gain > _WANTED:
            return replace(intent, is_sure=True)
        return Intent(IntentKind.TALK) if gain < _UNWANTED else intent

    async def _gain(self, text: str, kind: IntentKind) -> float:
        """By how much the sentence makes the label likelier than talk, in nats."""
        labels = choices.continuations(IntentKind.TALK, kind)
        if kind not in self._neutral:
            self._neutral[kind] = await self._likelihoods(choices.prompt(""), labels)
        talk_before, wanted_before = self._neutral[kind]
        talk, wanted = await self._likelihoods(choices.prompt(text), labels)
        return (wanted - wanted_before) - (talk - talk_before)

    async def _likelihoods(self, prompt: str, continuations: tuple[str, ...]) -> list[float]:
        async with aclosing(self._llm.stream("likelihoods", prompt, continuations)) as items:
            return [item async for item in items if not isinstance(item, Pause)]


def _guess(text: str, language: str, context: PictureContext) -> Intent:
    """What the classifier says of the whole, and the grammar of a part."""
    found = classifier.probabilities(text)
    wishes = [kind for kind in IntentKind if kind.value in found and kind is not IntentKind.TALK]
    likeliest = max(wishes, key=lambda kind: found[kind.value])
    is_clear = found[likeliest.value] >= _LIKELY and found[IntentKind.TALK.value] <= _HARDLY_TALK
    if not is_clear or not possible(likeliest, context):
        return Intent(IntentKind.TALK)
    is_sure = found[likeliest.value] >= _CERTAIN
    if part := parse_part(text, language, likeliest, context):
        return replace(part, is_sure=is_sure)
    named = subject(text) if likeliest is IntentKind.DRAW else ""
    return Intent(likeliest, prompt=named or bare(text, language), is_sure=is_sure)
