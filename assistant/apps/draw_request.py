"""What `assistant draw` is asked for: its options as a task for the image engine. Wrong usage ends the program here."""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import FileUnusable
from assistant.intents.cascade import understand
from assistant.intents.intent import IntentKind, PictureContext
from assistant.pictures import tasks
from assistant.pictures.description import changed
from assistant.pictures.drawn_file import origin_in
from assistant.pictures.gallery import Gallery
from assistant.pictures.provenance import clean
from assistant.pictures.tasks import image_task
from assistant.pictures.work import Suffix, WorkKind
from models.errors import PictureError
from models.image.file import read_mask, read_picture
from models.pictures import (
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

# What can become of a picture, as intents and as the gallery call it.
_CHANGES: Mapping[IntentKind, WorkKind] = {
    IntentKind.EDIT: "edit",
    IntentKind.EXTEND: "extend",
    IntentKind.BIGGER: "bigger",
}
_PICTURE = PictureContext(has_picture=True)
# Seeds that are drawn by lot are short enough to be typed again.
_SEEDS = 2**31
# Twenty seconds; all frames are in memory until the film is made.
_MOST_FRAMES = 240
# As `ImageOptions`.
_LONGEST_SIDE = 4096


@dataclass(frozen=True, slots=True)
class Original:
    """The picture that another one is made from.

    Attributes:
        prompt: the user's word for what it shows, or for what is drawn into it; else as `shows`.
        shows: what its file says; "" where nobody has said it.
        name: in the gallery, or of its file.
        source: its file, where that is not of the gallery.
    """

    picture: Picture
    prompt: str
    shows: str
    name: str
    source: Path | None


@dataclass(frozen=True, slots=True)
class Request:
    """All that is to be done.

    Attributes:
        asked: the prompt as the user wrote it.
        outputs: copies for the user, one for each picture; may be empty.
        shown: what can be seen then, where only a part is drawn; "": what is drawn.
    """

    task: ImageTask
    options: ImageOptions
    kind: WorkKind
    asked: str
    original: Original | None
    suffix: Suffix
    outputs: tuple[Path, ...]
    shown: str = ""


def request(arguments: argparse.Namespace, gallery: Gallery, *, can_be_told: bool) -> Request:
    """Reads the options, and the pictures that they name.

    Args:
        arguments: as `draw.configure` declares them.
        gallery: knows pictures by name.
        can_be_told: the profile has a model that changes pictures as it is told; otherwise `--edit` is understood as a
            spoken request is.

    Raises:
        FileUnusable: an output cannot be written.
        PictureError: the image or the mask cannot be read.
    """
    _check_usage(arguments)
    options = _options(arguments)
    outputs = _outputs(arguments, options.count)
    original = _original(arguments, gallery) if arguments.image else None
    task, kind = _changed(arguments, original, can_be_told=can_be_told) if original else _new(arguments, options)
    suffix: Suffix = ".png"
    if isinstance(task, Walk):
        suffix = ".gif" if outputs and outputs[0].suffix.lower() == ".gif" else ".mp4"
    to = f" → {task.prompt_to}" if isinstance(task, Walk) and task.prompt_to != task.prompt else ""
    asked = (arguments.edit or arguments.prompt) + to
    shown = _shown(arguments, original, task) if original else ""
    return Request(task, options, kind, asked, original, suffix, outputs, shown)


def _check_usage(arguments: argparse.Namespace) -> None:
    wrong = arguments.usage_error
    arguments.prompt, arguments.edit = clean(arguments.prompt), clean(arguments.edit)
    changes = ("mask", "region", "edit", "extend", "enlarge")
    chosen = [f"--{name}" for name in changes if getattr(arguments, name)]
    if len(chosen) > 1:
        wrong(f"{' and '.join(chosen)} do not go together; do one after the other")
    if chosen and not arguments.image:
        wrong(f"{chosen[0]} changes a picture: name it with --image")
    if arguments.animate is not None and arguments.image:
        wrong("--animate goes from words to words, not from a picture: leave out --image")
    if not (arguments.prompt or arguments.edit or arguments.enlarge or arguments.extend):
        wrong('say what to draw, such as: assistant draw "a house at dusk"')
    if arguments.animate is not None and arguments.count > 1:
        wrong("--animate makes one film: leave out --count")
    if not 0 < arguments.strength <= 1:
        wrong(f"--strength {arguments.strength} is not in (0, 1]")
    if not 2 <= arguments.frames <= _MOST_FRAMES:
        wrong(f"--frames {arguments.frames} is not in [2, {_MOST_FRAMES}]")
    if not 0 <= arguments.by <= _LONGEST_SIDE:
        wrong(f"--by {arguments.by} is not in [0, {_LONGEST_SIDE}]")


def _options(arguments: argparse.Namespace) -> ImageOptions:
    seed = secrets.randbelow(_SEEDS) if arguments.seed is None else arguments.seed
    try:
        return ImageOptions(
            negative_prompt=arguments.negative,
            steps=arguments.steps,
            guidance=arguments.guidance,
            seed=seed,
            scheduler=arguments.scheduler,
            width=arguments.width,
            height=arguments.height,
            count=arguments.count,
            style=arguments.style,
            preview_every=0,  # a terminal cannot show them
        )
    except ValueError as error:
        return arguments.usage_error(str(error))  # type: ignore[no-any-return]  # it never returns


def _new(arguments: argparse.Namespace, options: ImageOptions) -> tuple[ImageTask, WorkKind]:
    if arguments.animate is None:
        return TextToImage(arguments.prompt), "draw"
    seed_to = options.seed if arguments.animate else options.seed + 1  # without other words the seed changes
    return Walk(arguments.prompt, clean(arguments.animate) or arguments.prompt, seed_to, arguments.frames), "animate"


def _changed(arguments: argparse.Namespace, original: Original, *, can_be_told: bool) -> tuple[ImageTask, WorkKind]:
    prompt, picture = arguments.prompt, original.picture
    if arguments.enlarge:
        return Enlarge(picture), "bigger"
    if arguments.extend:
        if not original.prompt:
            arguments.usage_error(f"--extend: nobody has said yet what {original.name} shows; say it as PROMPT")
        along = picture.width if arguments.extend in ("left", "right") else picture.height
        return Extend(original.prompt, picture, arguments.extend, arguments.by or along // 2), "extend"
    if arguments.mask:
        return Inpaint(prompt, picture, read_mask(arguments.mask, picture)), "edit"
    if arguments.region:
        return Inpaint(prompt, picture, region=arguments.region), "edit"
    if arguments.edit and can_be_told:
        return Instruct(arguments.edit, picture), "edit"
    if arguments.edit:
        return _understood(arguments, original)
    return ImageToImage(prompt, picture, arguments.strength), "edit"


def _shown(arguments: argparse.Namespace, original: Original, task: ImageTask) -> str:
    """What can be seen at last, where that is more than what is drawn; else ""."""
    if isinstance(task, Enlarge):
        return original.shows
    if arguments.edit and original.prompt and isinstance(task, Inpaint | Instruct):
        return changed(original.prompt, understand(arguments.edit, "en", _PICTURE))
    if isinstance(task, Inpaint) and original.shows:
        return Add(task.prompt, original.shows, original.picture).prompt
    return ""


def _understood(arguments: argparse.Namespace, original: Original) -> tuple[ImageTask, WorkKind]:
    """What is meant by the words of `--edit`; as in a conversation, but nobody can be asked back."""
    intent = understand(arguments.edit, "en", _PICTURE)
    if intent.kind not in _CHANGES:
        arguments.usage_error(
            f'--edit: "{arguments.edit}" is not understood as a change; say it like "make it night" or "remove the '
            'boat", or draw PROMPT into a --region or a --mask'
        )
    if not original.prompt:
        arguments.usage_error(f"--edit: nobody has said yet what {original.name} shows; say it as PROMPT")
    task, _ = image_task(intent, tasks.Original(original.picture, original.prompt), seed=0)
    return task, _CHANGES[intent.kind]


def _original(arguments: argparse.Namespace, gallery: Gallery) -> Original:
    """A name in the gallery goes before a file of that name; a file of the gallery is known by its name, too."""
    path = Path(arguments.image)
    name = path.stem if path.absolute().parent == gallery.folder else arguments.image
    if gallery.has(name):
        shows = gallery.entry(name).origin.prompt
        return Original(gallery.picture(name), arguments.prompt or shows, shows, name, None)
    picture, shows = read_picture(path), ""
    with suppress(PictureError):  # of another program
        shows = origin_in(path).prompt
    return Original(picture, arguments.prompt or shows, shows, clean(path.name), path)


def _outputs(arguments: argparse.Namespace, count: int) -> tuple[Path, ...]:
    """A file for each picture.

    Raises:
        FileUnusable: one cannot be written, or is the picture that is to be changed.
    """
    chosen: Path | None = arguments.output
    if chosen is None:
        return ()
    suffixes = (".png",) if arguments.animate is None else (".mp4", ".gif")
    if chosen.suffix.lower() not in suffixes:
        what = "pictures are" if arguments.animate is None else "an animation is"
        arguments.usage_error(f"--output {chosen}: {what} written as {' or '.join(suffixes)}")
    paths = [chosen]
    if count > 1:
        paths = [chosen.with_stem(f"{chosen.stem}-{number}") for number in range(1, count + 1)]
    for path in paths:
        folder = path.absolute().parent
        if path.is_dir():
            raise FileUnusable(f"{path} is a folder; name a file")
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise FileUnusable(f"{path} cannot be written: {folder} is not a folder that you may write to")
        if any(
            given and Path(given).exists() and path.exists() and path.samefile(given)
            for given in (arguments.image, arguments.mask)
        ):
            raise FileUnusable(f"{path} is what you start from; give --output another name")
    return tuple(paths)
