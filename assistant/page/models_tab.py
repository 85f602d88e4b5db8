"""The Models tab: what is in the store and in use, under which licence, how large."""

from __future__ import annotations

import re
from html import escape

from assistant.page.about import STAGE_NAMES
from assistant.stages import Stages
from models.weights.catalogue import CatalogueEntry
from models.weights.store import Store

_HEADS = ("Model", "For", "Licence", "Size", "State")
# Names of options, as the catalogue writes them.
_CODE = re.compile(r"`([^`]*)`")


def models_table(stages: Stages, store: Store) -> str:
    """A table as HTML: those in use first, then what is here, then what could be fetched."""
    in_use = {model.name for model in stages.models().values()}
    entries = sorted(
        store.catalogue.values(), key=lambda entry: (entry.name not in in_use, not store.is_ready(entry.name))
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEADS)
    rows = "".join(_row(entry, entry.name in in_use, store.is_ready(entry.name)) for entry in entries)
    own = "".join(
        f"<li>{STAGE_NAMES[stage]}<b>{escape(model.name)}</b><span>{escape(model.licence)}</span></li>"
        for stage, model in stages.models().items()
    )
    return (
        f'<section class="va-store"><h2>In use</h2><ul>{own}</ul><h2>In the catalogue</h2>'
        "<p>Models are fetched with <code>assistant models pull NAME</code>, and used by a profile that names them.</p>"
        '<div class="va-scroll" tabindex="0" role="region" aria-label="All models">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _row(entry: CatalogueEntry, is_used: bool, is_ready: bool) -> str:
    state = "in use" if is_used else "here" if is_ready else "not here"
    licence = escape(entry.licence) + (f"<small>{escape(entry.restrictions)}</small>" if entry.restrictions else "")
    size = f"{entry.size_bytes / 1e9:.1f} GB" if entry.size_bytes >= 1e9 else f"{entry.size_bytes / 1e6:.0f} MB"
    description = _CODE.sub(r"<code>\1</code>", escape(entry.description))
    return (
        f'<tr><th scope="row">{escape(entry.name)}<small>{description}</small></th>'
        f"<td>{STAGE_NAMES[entry.stage]}</td><td>{licence}</td><td>{size}</td><td>{state}</td></tr>"
    )
