"""A program for tests: runs `assistant captions` again and again, and kills it (signal 9) at moments that are chosen.

A moment is the n-th time that the run opens, moves, removes or makes a file of its output folder. Each run is a process
of its own, forked here, where everything is imported already.

Arguments: a folder to work in, the number of moments, and those of the command without `--out`. Prints a JSON list with
an object for each moment: what the folder was like after the kill, and what the run after it did.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import assistant.apps.captions  # noqa: F401  # the children find it imported
from assistant import cli
from assistant.captions import listening
from assistant.captions.jobs import JobTable

_MOMENTS = ("open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect", "shutil.rmtree")


def main(folder: Path, n_moments: int, command: list[str]) -> None:
    total = _run(folder / "whole", command, None)
    chosen = random.Random(4).sample(range(1, total + 1), n_moments)  # always the same, so that a failure comes again
    print(json.dumps([_killed(folder / str(moment), command, moment) for moment in chosen]))


def _killed(out: Path, command: list[str], moment: int) -> dict[str, object]:
    """Kills a run at the moment, and lets another one finish the work."""
    _run(out, command, moment)
    table = JobTable(out)
    jobs = table.jobs()
    noted = {str(table.partial_path(job)): _noted_s(table.partial_path(job)) for job in jobs}
    states = {job.item.title: job.state.value for job in jobs}
    heard = {job.item.title for job in jobs if table.transcript_path(job).exists()}
    (out / "diary").unlink(missing_ok=True)
    _run(out, command, None)
    begun = (
        dict(json.loads(line) for line in (out / "diary").read_text().splitlines()) if (out / "diary").exists() else {}
    )
    result = {
        "moment": moment,
        "states": states,
        "heard_before": sorted(heard),
        "heard_after": sorted(Path(path).stem for path in begun),
        "noted_s": {job.item.title: noted[str(table.partial_path(job))] for job in jobs},
        "begun_at_s": {Path(path).stem: from_s for path, from_s in begun.items()},
        "files": {path.name: path.read_text() for path in out.iterdir() if path.is_file() and path.name != "diary"},
        "left_behind": [
            str(path.relative_to(out))
            for folder in (out / ".captions" / "partial", out / ".captions" / "scratch")
            for path in folder.iterdir()
        ],
    }
    shutil.rmtree(out)
    return result


def _noted_s(partial: Path) -> float:
    """Up to which time whole lines tell what was said."""
    lines = partial.read_text().splitlines(keepends=True)[1:] if partial.exists() else []
    return max((json.loads(line)["until_s"] for line in lines if line.endswith("\n")), default=0.0)


def _run(out: Path, command: list[str], moment: int | None) -> int:
    """Forks a run; returns how many moments it had, where it was not killed."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        count = _counting(out, moment)
        _note_hearing(out / "diary")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        cli.main(["captions", *command, "--out", str(out)])
        os.write(writer, str(count()).encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reader) as told:
        n_moments = int(told.read() or 0)
    assert bool(n_moments) == (moment is None), f"moment {moment}: ended with {status}"
    return n_moments


def _counting(out: Path, moment: int | None) -> Callable[[], int]:
    """Counts moments of this process from now on, and ends it at the one that is given."""
    counted = 0

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal counted
        if event in _MOMENTS and str(out) in str(arguments[0]):
            counted += 1
            if counted == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    return lambda: counted


def _note_hearing(diary: Path) -> None:
    """Writes down which recordings are heard, and from when on."""
    hear = listening.hear

    async def noted(path: Path, *rest: Any) -> AsyncGenerator[Any, None]:
        with diary.open("a") as lines:
            lines.write(json.dumps([str(path), rest[-1]]) + "\n")
        async for heard in hear(path, *rest):
            yield heard

    listening.hear = noted


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
