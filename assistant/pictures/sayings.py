"""What is said about a wish, and about what went wrong with one. Pure."""

from __future__ import annotations

from assistant.errors import GalleryError, NoPictures, SigningFailed
from assistant.intents.intent import Intent, IntentKind
from assistant.phrases.phrasebook import picture_line
from assistant.pictures.commission import Result
from assistant.pictures.description import is_several
from assistant.pictures.wish import Wish
from models.errors import EngineUnavailable, NothingKnown, OutOfMemory, PartNotFound, StoreError
from models.pictures import SKETCH_NOTE


def promise(wish: Wish) -> str:
    """What is being made: "I'm drawing a lighthouse at dusk."."""
    intent = wish.intent
    words = {"prompt": intent.prompt, "target": intent.target, "number": intent.number}
    return picture_line(_promise_name(intent), wish.language, **words)


def question(wish: Wish) -> str:
    """Whether that is really what is wanted."""
    intent = wish.intent
    if intent.kind is IntentKind.DRAW:
        return picture_line("shall_draw" if intent.prompt else "draw_what", wish.language, prompt=intent.prompt)
    return picture_line("shall_change" if wish.is_making else "shall_other", wish.language)


def finished(wish: Wish, result: Result) -> str:
    """That it is done, and that some of it could not be."""
    line = _finished(wish, result)
    return f"{line} {picture_line('drawn_partly', wish.language)}" if result.left_out else line


def _finished(wish: Wish, result: Result) -> str:
    if result.is_anew:
        return picture_line("drawn_anew", wish.language)
    if wish.intent.kind is IntentKind.VARY and SKETCH_NOTE in result.notes:
        return picture_line("drawn_alike", wish.language)  # it has learnt one picture of each thing
    if len(result.entries) > 1:
        return picture_line("drawn_several", wish.language)
    if wish.intent.kind is not IntentKind.DRAW or (result.left_out and wish.language != "en"):
        return picture_line("drawn_changed", wish.language)
    # The model may have another name for the same thing; where it has drawn less, it is told what that is.
    prompt = result.drawn if result.left_out else wish.intent.prompt
    name = "drawn_as_several" if is_several(result.drawn) else "drawn_as"
    return picture_line(name, wish.language, prompt=prompt or result.drawn)


def failure(error: Exception, language: str) -> str:
    """What went wrong, in a few kind words; the error itself says more."""
    match error:
        case NothingKnown():
            name = "unknown"
        case PartNotFound():
            name = "no_part"
        case OutOfMemory():
            name = "no_memory"
        case GalleryError() | SigningFailed():
            name = "disk_full"
        case NoPictures() | EngineUnavailable() | StoreError():
            name = "cannot_draw"
        case _:
            name = "not_drawn"
    return picture_line(name, language)


def _promise_name(intent: Intent) -> str:
    match intent.kind:
        case IntentKind.DRAW:
            return "drawing_several" if intent.number > 1 else "drawing"
        case IntentKind.EDIT:
            return _edit_name(intent)
        case IntentKind.EXTEND:
            return f"extending_{intent.side or 'right'}"
        case IntentKind.VARY:
            return "varying"
        case IntentKind.BIGGER:
            return "enlarging"
    return "animating"


def _edit_name(intent: Intent) -> str:
    match intent.change:
        case "replace" if intent.target and intent.prompt:
            return "replacing"
        case "remove" if intent.target:
            return "removing"
        case "add" if intent.prompt:
            return "adding"
        case "recolour" if intent.prompt:
            return "recolouring_part" if intent.target else "recolouring"
    return "restyling" if intent.prompt else "changing"
