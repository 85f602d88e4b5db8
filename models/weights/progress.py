"""What a pull reports while it runs. Showing it is the caller's affair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Step: TypeAlias = Literal["wait", "fetch", "verify", "convert"]


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is.

    Attributes:
        name: of the model.
        step: "wait" while another process pulls the same model.
        done_bytes, total_bytes: of the download, in step "fetch"; the total is an estimate until the end.
    """

    name: str
    step: Step
    done_bytes: int = 0
    total_bytes: int = 0


Report: TypeAlias = Callable[[PullProgress], None]
CountBytes: TypeAlias = Callable[[int], None]
"""Takes the number of bytes that have arrived so far."""


def after(n_bytes: int, count: CountBytes) -> CountBytes:
    """Counts the bytes of one file on top of those of the files before it."""
    return lambda arrived: count(n_bytes + arrived)


def quiet(progress: PullProgress) -> None:
    """Reports nothing."""
