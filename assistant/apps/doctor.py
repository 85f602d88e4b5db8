"""`assistant doctor`: what works on this machine, what is missing, and how to get it. Changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rich.console import Console

from assistant.apps.options import add_profile_choice
from assistant.apps.sound_devices import Kind, device_names, install_command
from assistant.config import EngineSettings, Profile, VoiceSettings, load_profile, stage_settings
from assistant.engines import engine_spec, models_needed
from assistant.errors import NoSoundDevice, ProfileError, WorkerError
from assistant.workers.worker import Worker, WorkerOptions
from models import registry
from models.errors import EngineUnavailable, ModelError
from models.types import EngineSpec, Stage
from models.weights.store import Store

Verdict = Literal["ok", "optional", "to fetch", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        verdict: "missing" is needed by the profile; so is "to fetch", which comes by itself where there is a network;
            "optional" is not there but the profile works without it.
        remedy: what to type; "" where nothing is wrong.
    """

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


_MARKS: dict[Verdict, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "optional": ("–", "yellow"),
    "to fetch": ("↓", "yellow"),
    "missing": ("✗", "red"),
}
_WORKER_STAGES: tuple[Stage, ...] = ("stt", "llm", "tts", "image")  # the others run in the conversation's own process
_INDENT = 26  # the longest subject, "llm transformers", the mark, and some room


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    add_profile_choice(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the report; 1 if something that the profile needs is not here."""
    report = _Report()
    for finding in _machine():
        report.add(finding)
    store = Store()
    report.add(_disk(store))
    try:
        profile = load_profile(arguments.profile, arguments.changes)
    except ProfileError as error:
        report.add(Finding(f"profile {arguments.profile}", "missing", str(error)))
    else:
        asyncio.run(_add_engines(report, profile, store))
    if "missing" in report.verdicts:
        print(f"\nThe profile {arguments.profile} cannot run here yet.")
    elif "to fetch" in report.verdicts:
        print(
            f"\nThe profile {arguments.profile} fetches what is marked ↓ when it is first run. To run it offline:\n"
            f"    assistant models pull --profile {arguments.profile}"
        )
    return int(not report.verdicts <= {"ok", "optional"})


class _Report:
    """Prints findings as they come."""

    def __init__(self) -> None:
        self.verdicts: set[Verdict] = set()
        self._console = Console(highlight=False, emoji=False, soft_wrap=True)

    def add(self, finding: Finding) -> None:
        mark, colour = _MARKS[finding.verdict]
        self._console.print(f"[{colour}]{mark}[/] {finding.subject:<{_INDENT - 2}}", end="")
        self._console.print(finding.detail, markup=False)
        if finding.remedy:
            self._console.print(f"{'':{_INDENT}}get it with: {finding.remedy}", markup=False)
        self.verdicts.add(finding.verdict)


def _machine() -> Iterator[Finding]:
    yield _python()
    yield Finding("processor", "ok", f"{os.cpu_count()} cores")
    yield _graphics()
    yield from _sound()
    yield from _programs()


def _python() -> Finding:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", "ok", text) if sys.version_info >= (3, 11) else Finding("Python", "missing", text, "3.11+")


def _graphics() -> Finding:
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        return Finding("PyTorch", "missing", str(error), "pip install multimodal-voice-assistant")
    if torch.cuda.is_available():
        return Finding("GPU", "ok", f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}")
    if torch.backends.mps.is_available():
        return Finding("GPU", "ok", f"Apple GPU, PyTorch {torch.__version__}")
    return Finding("GPU", "optional", f"none that PyTorch {torch.__version__} can use: the small models run on the CPU")


def _sound() -> Iterator[Finding]:
    kinds: dict[str, Kind] = {"microphone": "input", "loudspeaker": "output"}
    for subject, kind in kinds.items():
        try:
            names = device_names(kind)
        except NoSoundDevice as error:
            yield Finding("sound card", "optional", f"{error.__cause__}: recordings only", install_command())
            return
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        if names:
            yield Finding(subject, "ok", ", ".join(names[:3]) + more)
        else:
            yield Finding(subject, "optional", "none found: recordings work all the same")


def _programs() -> Iterator[Finding]:
    if path := shutil.which("espeak-ng"):
        yield Finding("espeak-ng", "ok", path)
    else:
        remedy = "sudo apt install espeak-ng" if platform.system() == "Linux" else "brew install espeak-ng"
        yield Finding("espeak-ng", "optional", "not found: languages without a voice of their own stay silent", remedy)


def _disk(store: Store) -> Finding:
    folder = store.root
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return Finding("weights", "ok", f"in {folder}, {shutil.disk_usage(existing).free / 1e9:.0f} GB free")


async def _add_engines(report: _Report, profile: Profile, store: Store) -> None:
    for label, stage, _ in stage_settings(profile):
        report.add(await _engine(profile, store, label, stage))


async def _engine(profile: Profile, store: Store, label: str, stage: Stage) -> Finding:
    """Loads one engine as a conversation would: whatever is wrong with it, its own error says so best."""
    settings = profile.tts.voices[label] if stage == "tts" else getattr(profile, stage)
    subject = f"voice {label}" if stage == "tts" else f"{stage} {settings.engine}"
    # Other voices than the chosen one are for other languages, and a conversation goes on without pictures.
    is_extra = stage == "image" or (stage == "tts" and label != profile.tts.voice)
    lacking: Verdict = "optional" if is_extra else "missing"
    try:
        missing = [name for name in models_needed(store, stage, settings) if not store.is_ready(name)]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            remedy = f"assistant models pull {' '.join(missing)}"
            later: Verdict = "optional" if is_extra else "to fetch"
            return Finding(subject, later, f"{' and '.join(missing)} {verb} not fetched yet", remedy)
        load_s = await _load(engine_spec(store, stage, settings), WorkerOptions(mode=profile.workers.mode))
    except (ModelError, WorkerError) as error:
        damaged = _damaged(store, stage, settings)
        return Finding(subject, lacking, str(error), f"assistant models pull {' '.join(damaged)}" if damaged else "")
    return Finding(subject, "ok", f"{settings.model} ready in {load_s:.1f} s".lstrip())


def _damaged(store: Store, stage: Stage, settings: EngineSettings | VoiceSettings) -> list[str]:
    try:
        needed = models_needed(store, stage, settings)
    except EngineUnavailable:
        return []
    return [name for name in needed if name in store.catalogue and not store.is_intact(name)]


async def _load(engine: EngineSpec, options: WorkerOptions) -> float:
    """Seconds that it took."""
    if engine.stage not in _WORKER_STAGES:
        started = time.perf_counter()
        registry.create(engine)
        return time.perf_counter() - started
    worker = Worker(engine, options)
    try:
        await worker.start()
    finally:
        await worker.close()
    return worker.load_s
