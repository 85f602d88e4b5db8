"""Where a picture comes from, as texts in its file: chunks of a PNG, one JSON object in the comment of an animation.

The words are those that people who open the file with another program see. Reading takes nothing on trust: a file of
another program, or one that was tampered with, is none of ours.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from assistant.pictures.work import Origin, WorkKind

SOFTWARE = "multimodal-voice-assistant"
# Keywords of the PNG standard (11.3.3.2) where it has one that fits.
_TEXTS = {
    "Description": "prompt",
    "Asked": "asked",
    "Negative prompt": "negative_prompt",
    "Kind": "kind",
    "Model": "model",
    "Licence": "licence",
    "Seed": "seed",
    "Steps": "steps",
    "Parent": "parent",
    "Creation Time": "created",
}
# Controls (a null would end a PNG text, an escape would reach the terminal of whoever reads it), changes of direction
# (they would turn round what stands behind them) and lone surrogates.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")


def texts(origin: Origin) -> dict[str, str]:
    """What is written into the file; nothing that is empty, and each on one line."""
    values = {**{key: getattr(origin, name) for key, name in _TEXTS.items()}, "Creation Time": _stamp(origin.created)}
    return {"Software": SOFTWARE} | {key: text for key, value in values.items() if (text := clean(str(value)))}


def origin_of(found: Mapping[Any, object]) -> Origin:
    """The inverse of `texts`.

    Args:
        found: the texts of a file, by keyword; they may be anybody's.

    Raises:
        ValueError: they are not of this program, or were changed into something that makes no sense.
    """
    if found.get("Software") != SOFTWARE:
        raise ValueError("another program wrote it")
    values = {name: clean(str(found.get(key, ""))) for key, name in _TEXTS.items()}
    kind, seed, steps = values.pop("kind"), int(values.pop("seed")), int(values.pop("steps"))
    created = datetime.fromisoformat(values.pop("created"))
    if kind not in typing.get_args(WorkKind) or min(seed, steps) < 0 or created.tzinfo is None:
        raise ValueError(f"kind {kind}, seed {seed}, {steps} steps, made {created}")
    return Origin(kind=typing.cast(WorkKind, kind), seed=seed, steps=steps, created=created, **values)


def cleaned(origin: Origin) -> Origin:
    """As it comes back from its file."""
    return origin_of(texts(origin))


def clean(text: str) -> str:
    """On one line, without controls."""
    return _UNWRITABLE.sub(" ", text).strip()


def _stamp(created: datetime) -> str:
    return created.astimezone(UTC).isoformat(timespec="milliseconds")
