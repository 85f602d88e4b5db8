"""`assistant draw "…"`: words in, pictures out; also from a picture to another one, and to an animation."""

from __future__ import annotations

import argparse
import asyncio
import json
import typing
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from assistant.apps import picture_view
from assistant.apps.draw_request import request
from assistant.apps.draw_run import Kept, draw, ready_artist
from assistant.apps.draw_view import DrawView
from assistant.apps.options import add_profile_options
from assistant.config import load_profile
from assistant.engines import can_be_told
from assistant.errors import NoPictures
from assistant.pictures.gallery import Gallery
from models.pictures import Side
from models.weights.store import Store

# A walk of two seconds.
_FRAMES = 24


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("prompt", nargs="?", default="", metavar="PROMPT", help='what to draw: "a house at dusk"')
    parser.epilog = (
        'Examples: assistant draw "a red apple" --output apple.png; assistant draw "a green apple" --image apple.png; '
        'assistant draw "a cat" --animate "a dog" --output cat.gif. Every picture is also kept in the gallery, '
        "see `assistant gallery`."
    )
    _configure_changes(parser)
    _configure_drawing(parser)
    result = parser.add_argument_group("the result")
    result.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="also write it here: .png, or .mp4 or .gif for an animation; several become FILE-1, FILE-2, …",
    )
    result.add_argument("--gallery", type=Path, metavar="FOLDER", help="keep it here (default: the user's own gallery)")
    result.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    add_profile_options(parser)
    parser.set_defaults(usage_error=parser.error)


def _configure_changes(parser: argparse.ArgumentParser) -> None:
    changes = parser.add_argument_group("changing a picture")
    changes.add_argument(
        "--image",
        metavar="FILE|NAME",
        help="start from this picture: a file, or a name that `assistant gallery` shows",
    )
    changes.add_argument(
        "--mask", type=Path, metavar="FILE", help="draw PROMPT only where this picture is white, or see-through"
    )
    changes.add_argument("--region", default="", metavar="WORDS", help='draw PROMPT only here, such as "the boat"')
    changes.add_argument(
        "--edit", default="", metavar="WORDS", help='change it as told: "make it night"; PROMPT may say what it shows'
    )
    changes.add_argument("--extend", choices=typing.get_args(Side), help="draw more of it on this side")
    changes.add_argument("--by", type=int, default=0, metavar="PIXELS", help="how much --extend adds (default: half)")
    changes.add_argument("--enlarge", action="store_true", help="make it twice as wide and high")
    changes.add_argument(
        "--strength", type=float, default=0.6, metavar="X", help="of --image with PROMPT alone: 0 keeps all, 1 nothing"
    )


def _configure_drawing(parser: argparse.ArgumentParser) -> None:
    drawing = parser.add_argument_group("how to draw")
    drawing.add_argument("--count", type=int, default=1, metavar="N", help="pictures at once, each of another seed")
    drawing.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same picture (default: by lot)")
    drawing.add_argument("--steps", type=int, default=0, metavar="N", help="more take longer (default: the model's)")
    drawing.add_argument("--guidance", type=float, metavar="X", help="how closely to follow PROMPT")
    drawing.add_argument("--negative", default="", metavar="WORDS", help="what must not be seen")
    drawing.add_argument("--style", default="", metavar="NAME", help="one of the profile's styles")
    drawing.add_argument("--scheduler", default="", metavar="NAME", help="instead of the model's own")
    drawing.add_argument("--width", type=int, default=0, metavar="PIXELS", help="default: the model's")
    drawing.add_argument("--height", type=int, default=0, metavar="PIXELS", help="default: the model's")
    drawing.add_argument(
        "--animate",
        nargs="?",
        const="",
        metavar="PROMPT",
        help="a film that goes from the first PROMPT to this one, or to another picture of the same",
    )
    drawing.add_argument("--frames", type=int, default=_FRAMES, metavar="N", help="of a film (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """0: all is well; 1: the model's safety checker kept everything back."""
    gallery, store = Gallery(arguments.gallery), Store(offline=arguments.offline)
    profile = load_profile(arguments.profile, arguments.changes)
    if profile.image is None:
        raise NoPictures(f'the profile "{arguments.profile}" has no model that draws: add one under [image]')
    wanted = request(arguments, gallery, can_be_told=can_be_told(store, profile.image))
    artist = ready_artist(store, profile.image, profile.workers.mode)
    kept: list[Kept] = []
    view = DrawView()
    try:
        with view:
            asyncio.run(_draw(draw(wanted, artist, gallery, view), kept))
    except BaseException:
        if kept:  # what was finished before something went wrong is in the gallery
            _print(kept, view.notes, as_json=arguments.json)
        raise
    _print(kept, view.notes, as_json=arguments.json)
    return 0 if kept else 1


async def _draw(drawing: AsyncIterator[Kept], kept: list[Kept]) -> None:
    async for each in drawing:
        kept.append(each)


def _print(kept: Sequence[Kept], notes: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        rows = [{**picture_view.as_json(each.entry), "output": each.output and str(each.output)} for each in kept]
        print(json.dumps({"pictures": rows, "notes": notes}, ensure_ascii=False))
        return
    for each in kept:
        print(each.output or each.entry.path)
        print(f"  {picture_view.short(each.entry.origin.prompt)} · {picture_view.told(each.entry)}")
