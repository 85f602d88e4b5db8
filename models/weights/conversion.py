"""Fetched files to what the engines load: the steps that a catalogue entry can name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from models.errors import SettingError
from models.settings import nearest


def convert(step: str, fetched: Path, ready: Path) -> None:
    """Makes the ready folder's files from the fetched ones.

    Args:
        step: "" moves the files as they are.
        fetched: folder with verified files; may be used up.
        ready: an empty folder.

    Raises:
        SettingError: there is no such step.
        WeightsInvalid: the files are not what the step expects.
    """
    if step not in STEPS:
        raise SettingError(f'there is no conversion "{step}"{nearest(step, STEPS)}')
    STEPS[step](fetched, ready)


def _move(fetched: Path, ready: Path) -> None:
    for path in fetched.iterdir():
        shutil.move(path, ready / path.name)


def _whisper(fetched: Path, ready: Path) -> None:
    from models.weights import convert_whisper

    convert_whisper.convert(fetched / "model.bin", ready / "model.pt")


def _gguf(fetched: Path, ready: Path) -> None:
    from models.weights import convert_gguf

    convert_gguf.convert(fetched / "model.gguf", ready)


def _piper(fetched: Path, ready: Path) -> None:
    from models.weights import convert_piper

    convert_piper.convert(fetched / "voice.onnx", fetched / "voice.onnx.json", ready)
    shutil.move(fetched / "MODEL_CARD", ready / "MODEL_CARD")


def _coqui(fetched: Path, ready: Path) -> None:
    _move(fetched, ready)
    # Coqui's release archives call the checkpoint by this name, its newer repositories model.pth.
    if (ready / "model_file.pth").exists():
        (ready / "model_file.pth").rename(ready / "model.pth")


STEPS: Mapping[str, Callable[[Path, Path], None]] = {
    "": _move,
    "whisper": _whisper,
    "gguf": _gguf,
    "piper": _piper,
    "coqui": _coqui,
}
