"""What an intent means for an image model: the task and its options. Pure; what is said in it is English by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.intents.intent import Intent, IntentKind
from assistant.pictures.description import bare, changed, is_whole, names
from models.pictures import (
    EMPTY,
    Add,
    Enlarge,
    Extend,
    ImageOptions,
    ImageTask,
    ImageToImage,
    Inpaint,
    Instruct,
    Picture,
    TextToImage,
    Walk,
)

# More than four cannot be told apart by number when they are only spoken about.
_MOST_AT_ONCE = 4
# Two seconds at 12 frames a second, and one picture's work for each.
_FRAMES = 24
# Strengths of image to image. New colours, and whatever is added, take more freedom than a new mood: below 0.5 the
# built-in model keeps the old colours.
_RESTYLE, _ADD, _RECOLOUR = 0.6, 0.65, 0.7


@dataclass(frozen=True, slots=True)
class Original:
    """The picture that is to be changed.

    Attributes:
        prompt: what it shows.
        seed: that it was drawn with.
    """

    picture: Picture
    prompt: str
    seed: int = 0


def image_task(intent: Intent, original: Original | None, seed: int) -> tuple[ImageTask, ImageOptions]:
    """
    Args:
        intent: one of those that make a picture.
        original: what is to be changed; for every intent but DRAW.
        seed: of the new picture.
    """
    options = ImageOptions(seed=seed, style=intent.style, count=_count(intent))
    if intent.kind is IntentKind.DRAW:
        return TextToImage(intent.prompt), options
    assert original is not None, f"{intent.kind} needs a picture"
    match intent.kind:
        case IntentKind.EDIT:
            return _edit(intent, original), options
        case IntentKind.EXTEND:
            side = intent.side or "right"
            length = original.picture.width if side in ("left", "right") else original.picture.height
            return Extend(original.prompt, original.picture, side, length // 2), options
        case IntentKind.BIGGER:
            return Enlarge(original.picture), options
        case IntentKind.ANIMATE:
            return Walk(original.prompt, intent.prompt or original.prompt, seed + 1, _FRAMES), options
    return TextToImage(original.prompt), options  # another one of the same: only the seed differs


def tasks(
    intent: Intent, original: Original | None, seed: int, instruction: str = ""
) -> Iterator[tuple[ImageTask, ImageOptions]]:
    """The ways to do it, the best first; the next is for when no part of the picture is found that was named.

    Args:
        intent, original, seed: see `image_task`.
        instruction: the user's own words for a model that changes pictures as it is told; "": there is none.
    """
    task, options = image_task(intent, original, seed)
    if original is None or intent.kind is not IntentKind.EDIT:
        yield task, options
        return
    is_part = isinstance(task, Inpaint)
    if is_part or not instruction:
        yield task, options
    if instruction:
        yield Instruct(instruction, original.picture), options
    if is_part and names(original.prompt, intent.target):
        prompt = changed(original.prompt, intent)
        if prompt not in (original.prompt, EMPTY):  # the same seed gives what is most like the old one
            yield TextToImage(prompt), replace(options, seed=original.seed)


def _count(intent: Intent) -> int:
    return min(max(1, intent.number), _MOST_AT_ONCE) if intent.kind in (IntentKind.DRAW, IntentKind.VARY) else 1


def _edit(intent: Intent, original: Original) -> ImageTask:
    picture, before, prompt = original.picture, original.prompt, intent.prompt
    match intent.change:
        case "remove":
            # The words for the thing itself would bring it back.
            return Inpaint(EMPTY, picture, region=intent.target)
        case "replace" if intent.target:
            return Inpaint(prompt, picture, region=intent.target)
        case "recolour" if not is_whole(intent.target, before):
            return Inpaint(f"{prompt} {bare(intent.target)}", picture, region=intent.target)
        case "add":
            return Add(prompt, before, picture, _ADD)
    strength = _RECOLOUR if intent.change == "recolour" else _RESTYLE
    return ImageToImage(changed(before, intent), picture, strength)
