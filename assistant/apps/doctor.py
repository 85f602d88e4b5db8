"""`assistant doctor`: what works on this machine, what is missing, and how to get it. Changes nothing."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rich.console import Console

from assistant.apps.options import add_profile_options
from assistant.config import Profile, load_profile, stage_settings
from assistant.errors import ProfileError
from models import registry
from models.errors import EngineUnavailable, UnknownModel
from models.store import Store

Verdict = Literal["ok", "optional", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        verdict: "missing" is needed by the profile; "optional" is not there but the profile works without it.
        remedy: what to type; "" where nothing is wrong.
    """

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


_MARKS: dict[Verdict, tuple[str, str]] = {"ok": ("✓", "green"), "optional": ("–", "yellow"), "missing": ("✗", "red")}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    add_profile_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the report; 1 if something is missing that the profile needs."""
    console = Console(highlight=False, soft_wrap=True)
    worst = 0
    for finding in examine(arguments.profile, arguments.changes):
        mark, colour = _MARKS[finding.verdict]
        console.print(f"[{colour}]{mark}[/] {finding.subject:<22}", end="")
        console.print(finding.detail, markup=False)
        if finding.remedy:
            console.print(f"{'':26}get it with: {finding.remedy}", markup=False)
        worst = max(worst, finding.verdict == "missing")
    return int(worst)


def examine(profile_name: str, changes: list[str]) -> Iterator[Finding]:
    """Looks at everything that the profile needs, one finding after the other."""
    yield _python()
    yield _processor()
    yield _graphics()
    yield from _sound()
    yield from _programs()
    store = Store()
    yield _disk(store)
    try:
        profile = load_profile(profile_name, changes)
    except ProfileError as error:
        yield Finding(f"profile {profile_name}", "missing", str(error))
        return
    yield from _stages(profile, store)


def _python() -> Finding:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", "ok", text) if sys.version_info >= (3, 11) else Finding("Python", "missing", text, "3.11+")


def _processor() -> Finding:
    return Finding("processor", "ok", f"{os.cpu_count()} cores")


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
    remedy = "sudo apt install libportaudio2" if platform.system() == "Linux" else "brew install portaudio"
    try:
        devices = importlib.import_module("sounddevice").query_devices()
    except (ImportError, OSError) as error:  # OSError: sounddevice is there, PortAudio is not
        yield Finding("sound card", "optional", f"{error}: recordings only, no live microphone", remedy)
        return
    for subject, key in (("microphone", "max_input_channels"), ("loudspeaker", "max_output_channels")):
        names = [device["name"] for device in devices if device[key] > 0]
        if names:
            yield Finding(
                subject, "ok", ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            )
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


def _stages(profile: Profile, store: Store) -> Iterator[Finding]:
    for label, stage, settings in stage_settings(profile):
        is_needed = stage != "tts" or label == profile.tts.voice
        lacking: Verdict = "missing" if is_needed else "optional"
        subject = f"{stage} {settings.engine}" if stage != "tts" else f"voice {label}"
        try:
            entry = registry.find(stage, settings.engine)
            ready = not entry.has_weights or store.is_ready(settings.model)
        except (EngineUnavailable, UnknownModel) as error:
            yield Finding(subject, lacking, str(error))
            continue
        if ready:
            yield Finding(subject, "ok", settings.model or settings.engine)
        else:
            yield Finding(
                subject, lacking, f"{settings.model} is not fetched yet", f"assistant models pull {settings.model}"
            )
