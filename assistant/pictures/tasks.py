"""What an intent means for an image model: the task and its options. Pure; what is said in it is English by now."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.intents.intent import Intent, IntentKind
from models.pictures import (
    Enlarge,
    Extend,
    ImageOptions,
    ImageTask,
    ImageToImage,
    Inpaint,
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
_COLOURS = re.compile(
    r"\b(?:(?:light|dark|bright|pale) )?(?:red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|gr[ea]y"
    r"|gold(?:en)?|silver|turquoise|beige)\b"
)
_ARTICLE = re.compile(r"^(an? |the |some |two |three |my )?", re.IGNORECASE)
_WRONG_ARTICLE = re.compile(r"\ba(?= [aeiou])|\ban(?= [^aeiou])")
# Where what a prompt is mainly about ends: "a cat | with a red hat".
_SIDE_MATTER = re.compile(r",| (?:with|on|in|at|and|of|under|over|near|behind|beside|wearing|riding|by|from|to) ")
_WHOLE = frozenset(["", "it", "this", "that", "them", "everything", "picture", "image", "drawing"])


@dataclass(frozen=True, slots=True)
class Original:
    """The picture that is to be changed.

    Attributes:
        prompt: what it shows.
    """

    picture: Picture
    prompt: str


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


def recoloured(prompt: str, colour: str) -> str:
    """What the prompt says, in another colour: "a red apple" and "green" are "a green apple"."""
    if _COLOURS.search(prompt):
        changed = _COLOURS.sub(lambda _: colour, prompt, count=1)
    else:
        changed = _ARTICLE.sub(lambda article: f"{article[0]}{colour} ", prompt, count=1)
    return _WRONG_ARTICLE.sub(lambda article: "an" if article[0] == "a" else "a", changed)


def _count(intent: Intent) -> int:
    return min(max(1, intent.number), _MOST_AT_ONCE) if intent.kind in (IntentKind.DRAW, IntentKind.VARY) else 1


def _edit(intent: Intent, original: Original) -> ImageTask:
    picture, before, prompt = original.picture, original.prompt, intent.prompt
    match intent.change:
        case "remove":
            # What is around it goes on: the words for the thing itself would bring it back.
            return Inpaint("empty background", picture, region=intent.target)
        case "replace" if intent.target:
            return Inpaint(prompt, picture, region=intent.target)
        case "recolour" if not _is_whole(intent.target, before):
            return Inpaint(f"{prompt} {_bare(intent.target)}", picture, region=intent.target)
        case "recolour":
            return ImageToImage(recoloured(before, prompt), picture, _RECOLOUR)
        case "add":
            return ImageToImage(f"{before} with {prompt}", picture, _ADD)
    return ImageToImage(f"{before}, {prompt}" if prompt else before, picture, _RESTYLE)


def _is_whole(target: str, prompt: str) -> bool:
    """Whether a part of the picture is all that there is to see, so that no mask is needed for it."""
    name = _bare(target).lower()
    subject = _bare(_SIDE_MATTER.split(prompt.lower(), maxsplit=1)[0])
    return name in _WHOLE or name == _COLOURS.sub("", subject).strip()


def _bare(name: str) -> str:
    """A part of the picture without its article."""
    return _ARTICLE.sub("", name, count=1)
