"""What a picture shows, in words, and once it is changed: "a red apple", made green, is "a green apple". Pure.

All of it is English: what image models read, and what stands in the files of pictures.
"""

from __future__ import annotations

import re

from assistant.intents.intent import Intent
from models.pictures import EMPTY

_COLOURS = re.compile(
    r"\b(?:(?:light|dark|bright|pale) )?(?:red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|gr[ea]y"
    r"|gold(?:en)?|silver|turquoise|beige)\b"
)
_ARTICLE = re.compile(r"^(an? |the |some |two |three |my )?", re.IGNORECASE)
_WRONG_ARTICLE = re.compile(r"\ba(?= [aeiou])|\ban(?= [^aeiou])")
# Where what a prompt is mainly about ends: "a cat | with a red hat".
_SIDE_MATTER = re.compile(r",| (?:with|on|in|at|and|of|under|over|near|behind|beside|wearing|riding|by|from|to) ")
_SEVERAL = re.compile(r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) |[\w -]+,? and ")
_WHOLE = frozenset(["", "it", "this", "that", "them", "everything", "picture", "image", "drawing"])


def changed(before: str, intent: Intent) -> str:
    """What a picture shows after an edit.

    Args:
        before: what it showed.
        intent: an EDIT, in English.
    """
    prompt, target = intent.prompt, intent.target
    match intent.change:
        case "remove":
            return _without(before, target)
        case "replace" if target:
            return _put(before, target, prompt) if names(before, target) else f"{before} with {prompt}"
        case "recolour" if is_whole(target, before):
            return recoloured(before, prompt)
        case "recolour":
            part = f"a {prompt} {bare(target)}"
            return _put(before, target, part) if names(before, target) else f"{before} with {_with_right_article(part)}"
        case "add":
            return f"{before} {'and' if ' with ' in before else 'with'} {prompt}"
    return f"{before}, {prompt}" if prompt else before


def _without(before: str, target: str) -> str:
    without = _side_matter(target).sub("", before, count=1)
    if without != before or not is_whole(target, before):
        return without
    _, _, rest = before.partition(" with ")
    return rest.replace(" and ", " with ", 1) or EMPTY


def names(prompt: str, target: str) -> bool:
    """Whether the target is a thing of the prompt: "the hat" is one of "a cat with a red hat"."""
    return _thing(target).search(prompt) is not None


def recoloured(prompt: str, colour: str) -> str:
    """What the prompt says, in another colour: "a red apple" and "green" are "a green apple"."""
    if _COLOURS.search(prompt):
        done = _COLOURS.sub(lambda _: colour, prompt, count=1)
    else:
        done = _ARTICLE.sub(lambda article: f"{article[0]}{colour} ", prompt, count=1)
    return _with_right_article(done)


def is_whole(target: str, prompt: str) -> bool:
    """Whether a part of the picture is all that there is to see, so that no mask is needed for it."""
    name = bare(target).lower()
    subject = bare(_SIDE_MATTER.split(prompt.lower(), maxsplit=1)[0])
    return name in _WHOLE or name == _COLOURS.sub("", subject).strip()


def is_several(prompt: str) -> bool:
    """Whether the prompt begins with more than one thing: "two cats on a sofa", "a cat and a dog"."""
    return _SEVERAL.match(prompt.lower()) is not None


def bare(name: str) -> str:
    """A part of the picture without its article."""
    return _ARTICLE.sub("", name, count=1)


def _put(prompt: str, target: str, instead: str) -> str:
    return _with_right_article(_thing(target).sub(lambda _: instead, prompt, count=1))


def _thing(target: str) -> re.Pattern[str]:
    """The target in a prompt, with its article and one word for how it is: "a red hat"."""
    return re.compile(rf"\b(?:(?:an?|the|some|my) (?:[\w-]+ )?)?{re.escape(bare(target))}\b", re.IGNORECASE)


def _side_matter(target: str) -> re.Pattern[str]:
    """The target in a prompt with the word that joins it to the main thing, such as " with a red hat"."""
    joined = r"(?:,| (?:with|and|wearing|holding|beside|behind|near|next to|under|in front of))"
    return re.compile(
        rf"{joined} (?:(?:an?|the|some|its|his|her) )?(?:[\w-]+ )?{re.escape(bare(target))}\b", re.IGNORECASE
    )


def _with_right_article(prompt: str) -> str:
    return _WRONG_ARTICLE.sub(lambda article: "an" if article[0] == "a" else "a", prompt)
