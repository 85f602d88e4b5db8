"""A scripted speech to text that notes what it hears, for commands in processes of their own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from assistant import cli
from models import registry
from models.scripted.engines import ScriptedSpeechToText
from models.types import Audio, EngineSpec, Pause, Segment, TranscribeOptions


def bell_of(notes: Path) -> Path:
    """A pipe with a byte for each note, for whoever waits for them."""
    return notes.with_suffix(".bell")


class NotingSpeechToText:
    """Writes "begin WORDS" and "end WORDS" for each window, and never comes back from the `last` one."""

    def __init__(self, spec: EngineSpec) -> None:
        """
        Args:
            spec: has the options of the scripted engine and two more: `notes`, a file, and `last`, the number of the
                window that is never heard to its end; 0 for none.
        """
        options = dict(spec.options)
        self._notes = Path(str(options.pop("notes")))
        self._last = options.pop("last")
        self._engine = ScriptedSpeechToText(replace(spec, options=options))
        self._windows = 0

    def warm_up(self) -> None:
        """Has nothing to warm up."""

    def transcribe_windows(
        self, windows: Sequence[Audio], options: TranscribeOptions
    ) -> Iterator[tuple[int, Segment] | Pause]:
        for index, window in enumerate(windows):
            heard = [item for item in self._engine.transcribe(window, options) if isinstance(item, Segment)]
            words = " ".join(segment.text for segment in heard)
            self._windows += 1
            self._note(f"begin {words}")
            if self._windows == self._last:
                threading.Event().wait()  # until the process is killed
            yield from ((index, segment) for segment in heard)
            self._note(f"end {words}")

    def _note(self, line: str) -> None:
        with self._notes.open("a") as notes:
            notes.write(f"{line}\n")
        with suppress(OSError):  # nobody waits, or has not listened for long
            bell = os.open(bell_of(self._notes), os.O_WRONLY | os.O_NONBLOCK)
            with open(bell, "wb", buffering=0) as pipe:
                pipe.write(b".")


if __name__ == "__main__":  # the command `assistant`, with this engine among the others
    registry.ENGINES["stt"]["noting"] = registry.Entry(f"{Path(__file__).stem}:NotingSpeechToText", licence="its own")  # type: ignore[index]
    sys.exit(cli.main())
