"""The options that several commands share, and the stages that follow from them."""

from __future__ import annotations

import argparse
import sys
from contextlib import AsyncExitStack

from rich.console import Console

from assistant.apps.pull_view import pull_shown
from assistant.config import EngineSettings, Profile, load_profile, profile_names, stage_settings
from assistant.engines import models_needed
from assistant.stages import Stages
from models.errors import ModelError
from models.weights.store import Store


def add_profile_choice(parser: argparse.ArgumentParser) -> None:
    """Declares `--profile` and `--set`."""
    parser.add_argument(
        "--profile",
        default="embedded",
        metavar="NAME|PATH",
        help=f"{', '.join(profile_names())}, or a TOML file of your own (default: %(default)s)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="KEY=VALUE",
        help='change one setting of the profile, such as "tts.speed=1.2"; may be repeated',
    )


def add_profile_options(parser: argparse.ArgumentParser) -> None:
    """Declares `--profile`, `--set` and `--offline`."""
    add_profile_choice(parser)
    parser.add_argument("--offline", action="store_true", help="never fetch weights: fail if some are not here")


def open_stages(arguments: argparse.Namespace) -> tuple[Profile, Stages]:
    """The chosen profile and its workers; see `ready_stages`.

    Raises:
        ProfileError: the profile cannot be used.
    """
    profile = load_profile(arguments.profile, arguments.changes)
    return profile, ready_stages(profile, offline=arguments.offline)


def ready_stages(profile: Profile, *, offline: bool) -> Stages:
    """The workers of a profile, not started yet; fetches the weights that are missing.

    Without those of the pictures a conversation is possible: then it is only told what is wrong.

    Raises:
        EngineUnavailable: a library is missing.
        StoreError: weights are missing and cannot be fetched.
    """
    store = Store(offline=offline)
    needed: list[str] = []
    for name, stage, settings in stage_settings(profile):
        if stage == "image" or (stage == "tts" and name != profile.tts.voice):
            continue  # other voices are for other languages: fetched by `assistant models pull` when they are wanted
        needed += models_needed(store, stage, settings)
    pull_shown(store, needed)
    if profile.image:
        _pull_image(store, profile.image)
    return Stages(profile, store)


def _pull_image(store: Store, settings: EngineSettings) -> None:
    try:
        pull_shown(store, models_needed(store, "image", settings))
    except ModelError as error:
        print(f"Pictures cannot be drawn: {error}", file=sys.stderr)


async def load_shown(stages: Stages, until: AsyncExitStack) -> None:
    """Starts the workers, which takes some seconds: a terminal shows what is waited for.

    Args:
        until: ends the workers when it is closed.

    Raises:
        ModelError, WorkerError: an engine cannot be loaded.
    """
    models = stages.models()
    names = ", ".join(models[stage].name for stage in ("stt", "llm", "tts"))
    console = Console(stderr=True)
    if not console.is_terminal:
        await until.enter_async_context(stages)
        return
    with console.status(f"loading {names} …"):
        await until.enter_async_context(stages)
