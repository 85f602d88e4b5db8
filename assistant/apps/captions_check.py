"""`assistant captions --check`: what is wrong with caption files of any origin."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.captions import formats
from assistant.captions.check import Violation, violations
from assistant.captions.standards import Standard, standard
from assistant.errors import FileUnusable


def check_files(files: Sequence[Path], name: str, *, as_json: bool) -> int:
    """Prints what is found. A file that cannot be read keeps none of the others from being judged.

    Args:
        name: of a standard.

    Returns:
        The exit code: 1 where a rule is broken or a file could not be read.
    """
    chosen = standard(name)
    found = {path: _judged(path, chosen) for path in files}
    if as_json:
        print(json.dumps(_described(found, name), ensure_ascii=False))
    else:
        _print(found, name)
    return int(any(found.values()))


def _judged(path: Path, chosen: Standard) -> list[Violation] | FileUnusable:
    try:
        return list(violations(formats.read(path), chosen))
    except FileUnusable as error:
        return error


def _print(found: Mapping[Path, list[Violation] | FileUnusable], name: str) -> None:
    for path, broken in found.items():
        if isinstance(broken, FileUnusable):
            print(f"assistant captions: {broken}", file=sys.stderr)
            continue
        for violation in broken:
            print(f"{path}  {violation}")
        print(f"{path}: {len(broken) or 'no'} violation{'' if len(broken) == 1 else 's'} of {name}")


def _described(found: Mapping[Path, list[Violation] | FileUnusable], name: str) -> dict[str, object]:
    entries: list[dict[str, object]] = []
    n_violations = 0
    for path, broken in found.items():
        if isinstance(broken, FileUnusable):
            entries.append({"file": str(path), "violations": [], "error": str(broken)})
            continue
        n_violations += len(broken)
        rows = [{"at_s": v.at_s, "cue": v.cue_number, "rule": v.rule, "message": v.message} for v in broken]
        entries.append({"file": str(path), "violations": rows, "error": None})
    return {"standard": name, "violations": n_violations, "files": entries}
