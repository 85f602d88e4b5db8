"""How one picture of the gallery is told of, on a terminal and in JSON."""

from __future__ import annotations

import textwrap
from typing import Any

from assistant.pictures.work import Entry

# Characters: a line of a wide terminal, together with the rest.
_LONGEST = 100


def told(entry: Entry) -> str:
    """What made it, so that it can be made again, and under which licence, on one line."""
    origin = entry.origin
    how = [f"seed {origin.seed}", f"{origin.steps} steps"] if origin.steps else []
    how.append(f"{origin.model}, licence {origin.licence}")
    if origin.asked:
        how.insert(0, f'asked: "{short(origin.asked)}"')
    return " · ".join(how)


def short(words: str) -> str:
    """As much of what was asked for as fits on a line; the whole stands in the file, and in JSON."""
    return textwrap.shorten(words, _LONGEST, placeholder=" …") if " " in words else words[:_LONGEST]


def as_json(entry: Entry) -> dict[str, Any]:
    """All that is known of it."""
    origin = entry.origin
    return {
        "id": entry.id,
        "path": str(entry.path),
        "kind": origin.kind,
        "prompt": origin.prompt,
        "asked": origin.asked or origin.prompt,
        "negative_prompt": origin.negative_prompt,
        "model": origin.model,
        "licence": origin.licence,
        "seed": origin.seed,
        "steps": origin.steps,
        "parent": origin.parent or None,
        "created": origin.created.isoformat(),
    }
