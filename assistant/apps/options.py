"""The options that several commands share, and the stages that follow from them."""

from __future__ import annotations

import argparse

from assistant.apps.pull_view import pull_shown
from assistant.config import Profile, load_profile, profile_names, stage_settings
from assistant.stages import Stages
from models import registry
from models.store import Store


def add_profile_options(parser: argparse.ArgumentParser) -> None:
    """Declares `--profile`, `--set` and `--offline`."""
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
    parser.add_argument("--offline", action="store_true", help="never fetch anything")


def open_stages(arguments: argparse.Namespace) -> tuple[Profile, Stages]:
    """The chosen profile and its workers, not started yet; fetches the weights that are missing.

    Raises:
        ProfileError: the profile cannot be used.
        EngineUnavailable: a library is missing.
        StoreError: weights are missing and cannot be fetched.
    """
    profile = load_profile(arguments.profile, arguments.changes)
    store = Store(offline=arguments.offline)
    needed = []
    for name, stage, settings in stage_settings(profile):
        if stage == "tts" and name != profile.tts.voice:
            continue  # other voices are for other languages: fetched by `assistant models pull` when they are wanted
        if registry.find(stage, settings.engine).has_weights:
            needed.append(settings.model)
    pull_shown(store, needed)
    return profile, Stages(profile, store)
