"""How a language model is asked what a sentence wants: a text that it continues, and the ways in which it can. Pure.

The model writes nothing: it only tells how likely each continuation is, so models that were never taught to obey, such
as BLOOM and GPT-J, can be asked as well, and nothing that it might write can do harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from assistant.intents.intent import IntentKind

# Few examples tell a model what is wanted better than an instruction; with two languages it takes it to be about any.
_EXAMPLES = """Each sentence was said to an assistant that can answer questions and draw pictures.
"I would like to see a dentist." asks for an answer.
"I would like to see a castle." asks for a picture.
"Can I see the menu?" asks for an answer.
"Quítale el sombrero." asks for a change of the picture.
"Draw a conclusion from that." asks for an answer.
"Je voudrais voir un renard." asks for a picture.
"Who painted the Mona Lisa?" asks for an answer.
"Can I see a purple lion?" asks for a picture.
"""
_CONTINUATIONS: Mapping[IntentKind, str] = MappingProxyType(
    {
        IntentKind.TALK: " an answer.",
        IntentKind.DRAW: " a picture.",
        IntentKind.EDIT: " a change of the picture.",
        IntentKind.EXTEND: " more of the picture on one side.",
        IntentKind.VARY: " another picture like the last one.",
        IntentKind.BIGGER: " a larger picture.",
        IntentKind.ANIMATE: " a moving picture.",
        IntentKind.CHOOSE: " one of the pictures.",
        IntentKind.UNDO: " the picture as it was before.",
        IntentKind.REDO: " the change of the picture again.",
        IntentKind.SAVE: " the picture as a file.",
        IntentKind.DESCRIBE: " facts about the picture.",
        IntentKind.STOP: " an end of the drawing.",
    }
)


def prompt(text: str) -> str:
    """What stands before a continuation; without a text it is neutral.

    What a model expects of the neutral one is to be taken off (Zhao et al. 2021, "Calibrate before use"), since models
    like some words better than others whatever is asked.
    """
    sentence = " ".join(text.split()).replace('"', "'")
    return f'{_EXAMPLES}"{sentence}" asks for'


def continuations(*kinds: IntentKind) -> tuple[str, ...]:
    """One for each kind, in that order."""
    return tuple(_CONTINUATIONS[kind] for kind in kinds)
