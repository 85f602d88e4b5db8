"""How a batch went: what happened on the way, and what came of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from assistant.captions.jobs import Job
from assistant.sources.item import ItemFailed


class Outcome(StrEnum):
    """What a run did with an item."""

    TRANSCRIBED = "transcribed"
    EXPORTED = "exported"  # files were written of what had been heard earlier
    SKIPPED = "skipped"  # everything was there
    ELSEWHERE = "in another run"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """
    Attributes:
        title, address: of the item, or of a source that could not be made into one.
        job: None for the latter.
        outcome: what was done.
        failure: where it failed.
        duration_s: of the recording; 0 where it was not heard of.
        cues: how many were written.
        files: that are there now.
        note: what else people should know.
    """

    title: str
    address: str
    job: Job | None
    outcome: Outcome
    failure: ItemFailed | None = None
    duration_s: float = 0.0
    cues: int = 0
    files: tuple[Path, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ItemFound:
    """There is one more item."""

    job: Job


@dataclass(frozen=True, slots=True)
class ItemFetched:
    """It is being heard now, from `from_s` on, where an earlier run came to."""

    job: Job
    duration_s: float
    from_s: float


@dataclass(frozen=True, slots=True)
class ItemHeard:
    """All of it is final up to `until_s`."""

    job: Job
    until_s: float


@dataclass(frozen=True, slots=True)
class ItemRetried:
    """A recording, or the source of some, could not be had; it is tried again after a pause."""

    title: str
    failure: ItemFailed
    pause_s: float


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """No more will happen to it."""

    result: Result


BatchEvent: TypeAlias = ItemFound | ItemFetched | ItemHeard | ItemRetried | ItemEnded


def counts(results: Sequence[Result]) -> dict[str, int]:
    """Outcome -> number of items, for all outcomes."""
    return {outcome.value: sum(result.outcome is outcome for result in results) for outcome in Outcome}


def as_json(results: Sequence[Result], *, interrupted: bool) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "items": len(results),
        "counts": counts(results),
        "audio_s": round(sum(result.duration_s for result in results), 3),
        "interrupted": interrupted,
        "results": [_entry(result) for result in results],
    }


def _entry(result: Result) -> dict[str, object]:
    failure = result.failure
    return {
        "title": result.title,
        "source": result.address,
        "outcome": result.outcome.value,
        "reason": failure.reason.value if failure else None,
        "message": str(failure) if failure else None,
        "attempts": result.job.attempts if result.job else 0,
        "duration_s": round(result.duration_s, 3),
        "cues": result.cues,
        "files": [str(path) for path in result.files],
        "note": result.note or None,
    }
