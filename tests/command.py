"""The command `assistant` as tests give it: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant import cli

CHECKOUT = Path(__file__).parents[1]

# Scripted engines in the process of the test: nothing to load, nothing to fetch.
SCRIPTED = ("--profile", "scripted", "--set", "workers.mode=inline")

# Far more than any command here takes on a busy machine.
DEADLINE_S = 300


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a command."""

    code: int
    out: str
    err: str


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Outcome:
    """Wrong usage is an exit code here too, not a `SystemExit`."""
    try:
        code = cli.main([str(argument) for argument in arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    return Outcome(code, *capsys.readouterr())


def run_python(
    *arguments: str | Path, folder: Path, path: str = str(CHECKOUT), variables: Mapping[str, str] | None = None
) -> Outcome:
    """Python in a process of its own, in `folder`, with `path` as its PYTHONPATH."""
    environment = {**os.environ, "PYTHONPATH": path, **(variables or {})}
    command = [sys.executable, "-P", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=DEADLINE_S)
    return Outcome(done.returncode, done.stdout, done.stderr)
