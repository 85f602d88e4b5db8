"""What the user and the reply can be doing. What leads from one to the next is in turn_taking.py."""

from __future__ import annotations

from enum import Enum, auto


class User(Enum):
    """Of the user's speech."""

    SILENT = auto()
    SPEAKING = auto()
    PAUSED = auto()
    SOFT_ENDED = auto()
    IGNORED = auto()


class Reply(Enum):
    """Of the assistant's."""

    SILENT = auto()
    AUDIBLE = auto()
    DUCKED = auto()
    HELD = auto()
