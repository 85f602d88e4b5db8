"""A font of this machine that has the letters of a text."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import FontMissing

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")

# Where fonts lie when there is no fontconfig to ask, as on macOS and Windows.
_FOLDERS = (
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
)

# Upright faces without serifs first, in the order in which people would choose them.
_LIKED = ("arial", "helvetica", "notosans-regular", "dejavusans", "liberationsans-regular", "segoeui", "notosanscjk")

# What fontconfig calls Chinese; which of its written forms, Whisper does not say.
_FONTCONFIG_NAMES = {"zh": "zh-cn", "yue": "zh-hk", "jw": "jv"}

_FONTCONFIG_DEADLINE_S = 30.0  # the first call on a machine builds its cache

# No font has a letter there, by the definition of Unicode: what is drawn is the sign for a missing one.
_NO_LETTER = "\U0010ffff"
_SAMPLE_PX = 24  # large enough for two letters never to look the same


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and which of the faces in it."""

    path: Path
    index: int

    def at(self, size_px: int) -> FreeTypeFont:
        """
        Raises:
            OSError: FreeType cannot read it.
        """
        return _opened(self.path, self.index, size_px)


@lru_cache(maxsize=64)
def _opened(path: Path, index: int, size_px: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), size_px, index)


@dataclass(frozen=True, slots=True)
class Fitting:
    """
    Attributes:
        face: has all letters of `text`.
        text: what was asked for, without the symbols that no font has.
    """

    face: Face
    text: str


class Fonts:
    """The fonts of this machine, those first that suit a language."""

    def __init__(self, language: str) -> None:
        """
        Args:
            language: ISO 639-1 code; "" for no preference.
        """
        self._faces = list(_faces(language))
        self._drawn: dict[tuple[Face, str], bool] = {}

    def fitting(self, text: str) -> Fitting:
        """The first font with all letters of the text. Symbols (emoji, notes) that none has are left out.

        Raises:
            FontMissing: no font has all the letters.
        """
        letters = dict.fromkeys(letter for letter in text if _is_drawn(letter))
        fewest = dict(letters)
        for face in self._faces:
            missing = [letter for letter in letters if not self._has(face, letter)]
            if all(unicodedata.category(letter).startswith("S") for letter in missing) and len(missing) < len(letters):
                return Fitting(face, text.translate(dict.fromkeys(map(ord, missing))))
            fewest = min(fewest, dict.fromkeys(missing), key=len)
        shown = " ".join(list(fewest)[:10])
        raise FontMissing(
            f"no font on this machine has the letters {shown}; install one that does (for example fonts-noto-core, and "
            "fonts-noto-cjk for Chinese, Japanese and Korean)"
        )

    def _has(self, face: Face, letter: str) -> bool:
        if (face, letter) not in self._drawn:
            self._drawn[face, letter] = _looks(face, letter) not in (None, _looks(face, _NO_LETTER))
        return self._drawn[face, letter]


def _is_drawn(letter: str) -> bool:
    """Not: spaces, controls, marks of direction, joiners, and what only chooses between forms of a letter."""
    return unicodedata.category(letter)[0] not in "ZC" and not "\ufe00" <= letter <= "\ufe0f"


@lru_cache(maxsize=4096)
def _looks(face: Face, letter: str) -> bytes | None:
    """The picture of a letter; None where the face cannot be used at this size."""
    from PIL import ImageFont

    try:
        font = ImageFont.truetype(str(face.path), _SAMPLE_PX, face.index, layout_engine=ImageFont.Layout.BASIC)
        return bytes(font.getmask(letter))
    except (OSError, ValueError):
        return None


def _faces(language: str) -> Iterator[Face]:
    if program := shutil.which("fc-match"):
        language = _FONTCONFIG_NAMES.get(language, language)
        wanted = f"sans-serif:lang={language}" if language.replace("-", "").isalpha() else "sans-serif"
        command = [program, "--sort", "--format", "%{file}\t%{index}\n", wanted]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FONTCONFIG_DEADLINE_S, check=False)
        for line in done.stdout.splitlines():
            file, _, index = line.partition("\t")
            if file.lower().endswith(_ENDINGS):
                yield Face(Path(file), int(index or 0) & 0xFFFF)  # above that is the instance of a variable font
        return
    found = [path for folder in map(os.path.expanduser, _FOLDERS) for path in Path(folder).rglob("*")]
    usable = [path for path in found if path.suffix.lower() in _ENDINGS]
    yield from (Face(path, 0) for path in sorted(usable, key=_liking))


def _liking(path: Path) -> tuple[int, str]:
    stem = path.stem.lower()
    rank = next((rank for rank, name in enumerate(_LIKED) if stem.startswith(name)), sys.maxsize)
    return rank, stem
