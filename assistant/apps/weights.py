"""The command `assistant models`: what weights there are, under which licence, and fetching them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from assistant.apps.pull_view import pull_shown
from assistant.config import load_profile, stage_settings
from assistant.engines import models_needed
from models.errors import EngineUnavailable
from models.registry import ENGINES
from models.weights.catalogue import STAGES, CatalogueEntry
from models.weights.store import Store

# More codes than this are counted instead of listed.
_LISTED_LANGUAGES = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the actions of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all models that can be fetched, and which are here")
    listing.add_argument("--stage", choices=STAGES, help="only the models of one stage")
    listing.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    show = actions.add_parser("show", help="all about one model: licence, restrictions, source, files")
    show.add_argument("name", metavar="NAME")
    pull = actions.add_parser(
        "pull", help="fetch models, verify them and make them ready; mends those that are damaged"
    )
    pull.add_argument("names", metavar="NAME", nargs="*")
    pull.add_argument(
        "--profile", metavar="PROFILE", help="also all models of a profile, of every voice and for pictures"
    )
    pull.add_argument("--offline", action="store_true", help="fetch nothing; fail if one is not here")
    pull.set_defaults(usage_error=pull.error)


def run(arguments: argparse.Namespace) -> int:
    """Does what was asked; returns the exit code.

    Raises:
        StoreError: an unknown name, or a model that cannot be fetched.
        ProfileError: the profile cannot be used.
    """
    if arguments.action == "pull":
        store = Store(offline=arguments.offline)
        names = [*arguments.names, *(_of_profile(store, arguments.profile) if arguments.profile else ())]
        if not names:
            arguments.usage_error("give the NAME of a model, or a --profile")
        _pull(store, list(dict.fromkeys(names)))
        return 0
    store = Store()
    if arguments.action == "show":
        _show(store, arguments.name)
        return 0
    entries = [entry for entry in store.catalogue.values() if arguments.stage in (None, entry.stage)]
    if arguments.json:
        _list_json(store, entries)
    else:
        _list_table(store, entries)
    return 0


def _list_table(store: Store, entries: Sequence[CatalogueEntry]) -> None:
    table = Table("model", "stage", "languages", "licence", box=None, pad_edge=False)
    table.add_column("size", justify="right")
    table.add_column("here")
    for entry in entries:
        limited = " *" if entry.restrictions else ""
        here = "yes" if store.is_ready(entry.name) else "-"
        languages, size = _languages(entry, _LISTED_LANGUAGES), decimal(entry.size_bytes)
        table.add_row(entry.name, entry.stage, languages, entry.licence + limited, size, here)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 1000  # a pipe has no width to fit into
        for column in table.columns:
            column.no_wrap = True
    console.print(table)
    if any(entry.restrictions for entry in entries):
        console.print("\n* The licence restricts use; `assistant models show NAME` says how.")


def _list_json(store: Store, entries: Sequence[CatalogueEntry]) -> None:
    rows = [
        {
            "name": entry.name,
            "stage": entry.stage,
            "engine": entry.engine,
            "description": entry.description,
            "languages": entry.languages,
            "licence": entry.licence,
            "restrictions": entry.restrictions,
            "size_bytes": entry.size_bytes,
            "source": entry.source,
            "ready": store.is_ready(entry.name),
        }
        for entry in entries
    ]
    print(json.dumps(rows, indent=2, ensure_ascii=False))


def _show(store: Store, name: str) -> None:
    rows = list(_facts(store, store.entry(name)))
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        print(f"{label:<{width}}  {text}")


def _facts(store: Store, entry: CatalogueEntry) -> Iterator[tuple[str, str]]:
    yield "model", entry.name
    yield "description", entry.description
    yield "stage", entry.stage
    usable = any(entry.stage == stage and entry.engine in engines for stage, engines in ENGINES.items())
    yield "engine", entry.engine + ("" if usable else " (this version of the assistant has no such engine yet)")
    yield "languages", _languages(entry, len(entry.languages))
    yield "licence", entry.licence
    yield "restrictions", entry.restrictions or "none on its use"
    yield ("size" if entry.bundled else "download"), decimal(entry.size_bytes)
    yield "source", entry.source
    for file, sha256 in entry.sha256.items():
        yield "sha256", f"{sha256}  {file}"
    yield "here", str(store.folder(entry.name)) if store.is_ready(entry.name) else "not yet"


def _languages(entry: CatalogueEntry, most: int) -> str:
    if "*" in entry.languages:
        return "many"
    if len(entry.languages) > most:
        return f"{len(entry.languages)} languages"
    return ", ".join(entry.languages)


def _of_profile(store: Store, name: str) -> Iterator[str]:
    """Also those that options name beside the first: what finds parts of pictures, a LoRA, a model for instructions."""
    for _, stage, settings in stage_settings(load_profile(name)):
        try:
            yield from models_needed(store, stage, settings)
        except EngineUnavailable as error:
            print(f"{stage} {settings.engine}: {error}", file=sys.stderr)


def _pull(store: Store, names: Sequence[str]) -> None:
    for name in names:
        store.entry(name)  # a misspelt name is said before the first of them is fetched
    pull_shown(store, names, check=True)
    for name in names:
        print(f"{name}: {store.folder(name)}")
