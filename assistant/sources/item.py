"""One recording that was found, and why one could not be had."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from assistant.errors import AssistantError


class Reason(StrEnum):
    """Why an item has no captions. The value is what a summary shows."""

    PRIVATE = "private"
    REMOVED = "removed"
    AGE_RESTRICTED = "age-restricted"
    MEMBERS_ONLY = "members-only"
    REGION = "not available in this region"
    BOT_CHECK = "the site wants proof of a person"
    RATE_LIMITED = "rate-limited"
    LIVE = "live or not yet broadcast"
    DRM = "protected by DRM"
    NOT_FOUND = "not found"
    NETWORK = "network"
    REFUSED = "refused for safety"
    UNSUPPORTED = "unsupported link"
    EMPTY = "empty"
    BROKEN = "broken"
    NO_AUDIO = "no sound"
    NO_PICTURE = "no picture"
    TOO_LONG = "too long"
    TOO_LARGE = "too large"
    NO_TOOL = "a needed program is missing"
    ENGINE = "the engine failed"
    OUTPUT = "the captions cannot be written"


class ItemFailed(AssistantError):
    """This item cannot be had; the others can."""

    def __init__(self, reason: Reason, message: str, *, retry: bool = False) -> None:
        """
        Args:
            reason: for summaries.
            message: for people: what, which value, what to do next.
            retry: whether it may go well later without anything being changed.
        """
        super().__init__(message)
        self.reason = reason
        self.retry = retry


@dataclass(frozen=True, slots=True)
class Item:
    """A recording that captions are wanted of.

    Attributes:
        key: the same for the same recording in every run, and no other's: "youtube:dQw4w9WgXcQ".
        title: for people; anything at all may be in it.
        address: a link, or the absolute path of a local file.
        is_local: whether `address` is a path.
    """

    key: str
    title: str
    address: str
    is_local: bool

    @property
    def called(self) -> str:
        """What messages call it: a file by its whole name, for a title may stand for several."""
        return Path(self.address).name if self.is_local else self.title or self.address


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A source, or an entry of one, that could not be made into an item.

    Attributes:
        address: as it was given.
        failure: why.
    """

    address: str
    failure: ItemFailed
