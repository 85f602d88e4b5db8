"""`assistant gallery`: what was drawn, each picture under the one that it was made from."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from assistant.apps import picture_view
from assistant.apps.picture_check import check_shown
from assistant.pictures.gallery import Gallery
from assistant.pictures.work import Entry


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--gallery", type=Path, metavar="FOLDER", help="look here (default: the user's own gallery)")
    parser.add_argument(
        "--check",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="say of these files instead where they come from: signature, invisible mark, texts",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")


def run(arguments: argparse.Namespace) -> int:
    """0; with --check, 1 if a file was changed since it was signed."""
    if arguments.check:
        return check_shown(arguments.check, as_json=arguments.json)
    gallery = Gallery(arguments.gallery)
    entries = gallery.entries()
    if arguments.json:
        rows = [picture_view.as_json(entry) for entry in entries]
        print(json.dumps({"folder": str(gallery.folder), "pictures": rows}, ensure_ascii=False))
    elif entries:
        _print_tree(gallery.folder, entries)
    else:
        print(f'{gallery.folder} has no pictures yet; make one with: assistant draw "a red apple"')
    return 0


def _print_tree(folder: Path, entries: Sequence[Entry]) -> None:
    known = {entry.id for entry in entries}
    children: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        children[entry.origin.parent if entry.origin.parent in known else ""].append(entry)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 1000  # a pipe has no width to fit into
    console.print(_grown(Tree(Text(str(folder))), children))


def _grown(root: Tree, children: Mapping[str, Sequence[Entry]]) -> Tree:
    """With all branches; not recursive, because an evening of changes is deeper than Python's stack likes."""
    waiting = [(root, "")]
    while waiting:
        branch, name = waiting.pop()
        for entry in children.get(name, ()):
            waiting.append((branch.add(_label(entry, outside=branch is root)), entry.id))
    return root


def _label(entry: Entry, *, outside: bool) -> Text:
    origin = entry.origin
    source = f" from {origin.parent}" if origin.parent and outside else ""  # else it stands above
    when = origin.created.astimezone().strftime("%Y-%m-%d %H:%M")
    return Text.assemble(
        (entry.path.name, "bold"),
        f"\n{origin.kind}{source}: {picture_view.short(origin.prompt)}\n",
        (f"{when} · {picture_view.told(entry)}", "dim"),
    )
