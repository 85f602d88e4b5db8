"""What people should know of captions that an earlier run made, and this one leaves as they are."""

from __future__ import annotations

from assistant.captions.jobs import Job
from assistant.captions.settings import BatchSettings
from assistant.captions.transcript import Transcript


def notice(transcript: Transcript, job: Job, settings: BatchSettings) -> str:
    """How they differ from what is asked for now, and how to change that; "" where they do not."""
    then = {"model": transcript.model, **transcript.hearing}
    changed = [name for name, value in settings.made_with().items() if then.get(name) != value]
    if changed:
        return f"heard with another {' and '.join(changed)}; --existing replace hears it anew"
    if job.layout and job.layout != settings.layout:
        return f"laid out for {job.layout}; --reexport lays it out anew"
    return ""
