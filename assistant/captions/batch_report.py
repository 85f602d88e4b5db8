"""The page to look at for a whole batch: what was written, beside the sound, with what breaks a rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from assistant.captions.check import violations
from assistant.captions.export import cues_of
from assistant.captions.jobs import JobTable
from assistant.captions.report import Peaks, ReportEntry, peaks, write_report
from assistant.captions.settings import BatchSettings
from assistant.captions.standards import standard
from assistant.captions.summary import Outcome, Result
from assistant.captions.transcript import from_json
from models.errors import AudioError


def write_batch_report(path: Path, results: Sequence[Result], settings: BatchSettings, table: JobTable) -> None:
    """Reads the sound of recordings that are at hand, so it takes some seconds for each hour of it.

    Raises:
        FileUnusable: the page cannot be written, or a stored transcript cannot be read.
    """
    shown = (result for result in results if result.outcome is not Outcome.ELSEWHERE)
    write_report(path, [_entry(result, settings, table) for result in shown])


def _entry(result: Result, settings: BatchSettings, table: JobTable) -> ReportEntry:
    failure = f"{result.failure.reason.value}: {result.failure}" if result.failure else None
    stored = table.transcript_path(result.job) if result.job else None
    if stored is None or not stored.exists():
        return ReportEntry(_title(result), failure=failure or "not transcribed yet")
    transcript = from_json(stored.read_text("utf-8"), stored)
    cues = cues_of(transcript, settings)
    rules = standard(settings.standard)
    fastest_cps = rules.reading_speed_cps(transcript.language)
    media = _media(result)
    return ReportEntry(
        title=_title(result),
        media=media,
        transcript=transcript,
        cues=cues,
        violations=list(violations(cues, rules)),
        failure=failure,
        peaks=_peaks(media) if media else None,
        fastest_cps=fastest_cps if math.isfinite(fastest_cps) else None,
    )


def _title(result: Result) -> str:
    """That of its files: titles alone may be the same."""
    return result.job.name if result.job else result.title


def _media(result: Result) -> Path | None:
    """The recording itself, or a captioned copy of it; what was fetched is not kept."""
    if result.job and result.job.item.is_local:
        return Path(result.job.item.address)
    films = (path for path in result.files if ".embedded." in path.name or ".burnt." in path.name)
    return next(films, None)


def _peaks(media: Path) -> Peaks | None:
    try:
        return peaks(media)
    except AudioError:  # the file is gone since; its captions can be looked at all the same
        return None
