"""The microphones and loudspeakers of this machine, by name. The only module that imports sounddevice."""

from __future__ import annotations

import itertools
import logging
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from assistant.errors import NoSoundDevice

Kind: TypeAlias = Literal["input", "output"]

_STDERR = 2  # the file descriptor, which libraries in C write to

_NAMES: dict[Kind, str] = {"input": "microphone", "output": "loudspeaker"}
_WITHOUT: dict[Kind, str] = {
    "input": "connect one, or give a recording with --input FILE",
    "output": "connect one, or use files with --input FILE --output FILE",
}


@dataclass(frozen=True, slots=True)
class Device:
    """One side of a device, and how it can be opened.

    Attributes:
        index: what PortAudio calls it.
    """

    index: int
    name: str
    rate_hz: int
    channels: int


def portaudio() -> Any:
    """The module sounddevice.

    Raises:
        NoSoundDevice: it, or PortAudio itself, is not installed.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: sounddevice is there, PortAudio is not
        raise NoSoundDevice(f"no sound devices: {error}; get PortAudio with: {install_command()}") from error
    return sounddevice


def install_command() -> str:
    """What installs PortAudio here."""
    return "sudo apt install libportaudio2" if platform.system() == "Linux" else "brew install portaudio"


def device_names(kind: Kind) -> list[str]:
    """All names of one side, as PortAudio lists them.

    Raises:
        NoSoundDevice: there is no PortAudio.
    """
    return [row["name"] for row in _rows(kind)]


def device_lines() -> Iterator[str]:
    """All devices, to be printed; the default ones are marked.

    Raises:
        NoSoundDevice: there is no PortAudio.
    """
    defaults = dict(zip(_NAMES, portaudio().default.device, strict=True))
    for kind, name in _NAMES.items():
        rows = _rows(kind)
        yield f"{name}s:" if rows else f"no {name}"
        for row in rows:
            yield f"  {row['name']}{' (default)' if row['index'] == defaults[kind] else ''}"


def find_device(kind: Kind, name: str, preferred_hz: int) -> Device:
    """
    Args:
        name: a part of the device's name that no other one has, in any case; "": the default device.
        preferred_hz: taken if the device can, else its own default rate.

    Raises:
        NoSoundDevice: none, or more than one, is called so, or it cannot be opened; says which there are.
    """
    rows = _rows(kind)
    if not rows:
        raise NoSoundDevice(f"no {_NAMES[kind]} found: {_WITHOUT[kind]}")
    row = _named(rows, name, kind) if name else _default(rows, kind)
    check = getattr(portaudio(), f"check_{kind}_settings")
    own_hz = round(row["default_samplerate"])
    for channels, rate_hz in itertools.product((1, 2), dict.fromkeys((preferred_hz, own_hz))):
        try:
            check(device=row["index"], samplerate=rate_hz, channels=channels, dtype="float32")
        except portaudio().PortAudioError as error:
            failure = error
        else:
            return Device(row["index"], row["name"], rate_hz, channels)
    raise NoSoundDevice(f'the {_NAMES[kind]} "{row["name"]}" cannot be opened: {failure}')


def look_again() -> None:
    """PortAudio looks for devices when it is started, and never again: this starts it anew. No stream may be open."""
    sounddevice = portaudio()
    sounddevice._terminate()
    sounddevice._initialize()


@contextmanager
def native_messages_hidden() -> Iterator[None]:
    """Meanwhile only Python writes to stderr.

    ALSA and PortAudio tell the terminal about every hiccup, though they recover by themselves, and about a device that
    is gone, which is noticed anyway.
    """
    sys.stderr.flush()
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
    with (
        os.fdopen(os.dup(_STDERR), "w", buffering=1) as python_only,
        open(os.devnull, "wb") as nowhere,
        redirect_stderr(python_only),
    ):
        before = [handler.setStream(python_only) for handler in handlers]
        os.dup2(nowhere.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(python_only.fileno(), _STDERR)
            for handler, stream in zip(handlers, before, strict=True):
                handler.setStream(stream)


def _rows(kind: Kind) -> list[dict[str, Any]]:
    return [row for row in portaudio().query_devices() if row[f"max_{kind}_channels"] > 0]


def _named(rows: list[dict[str, Any]], name: str, kind: Kind) -> dict[str, Any]:
    exact = [row for row in rows if row["name"].casefold() == name.casefold()]
    matching = exact or [row for row in rows if name.casefold() in row["name"].casefold()]
    if len(matching) == 1:
        return matching[0]
    there_are = ", ".join(f'"{row["name"]}"' for row in matching or rows)
    problem = "more than one" if matching else "no"
    raise NoSoundDevice(f'{problem} {_NAMES[kind]} is called "{name}": there are {there_are}')


def _default(rows: list[dict[str, Any]], kind: Kind) -> dict[str, Any]:
    index = portaudio().default.device[kind]
    return next((row for row in rows if row["index"] == index), rows[0])
