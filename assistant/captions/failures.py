"""What went wrong with one recording, in the words of a summary."""

from __future__ import annotations

import logging

from assistant.errors import FileUnusable, WorkerError
from assistant.sources.item import Item, ItemFailed, Reason
from models.errors import AudioError, ModelError, NoPicture, VideoError

_log = logging.getLogger(__name__)


def reason_of(error: Exception, item: Item) -> ItemFailed:
    """The error as a typed reason. One that nobody thought of is logged with where it comes from."""
    match error:
        case ItemFailed():
            return error
        case AudioError():
            return ItemFailed(Reason.BROKEN, str(error))
        case NoPicture():
            why = f"{item.called} has no picture to draw captions into; its other files are written"
            return ItemFailed(Reason.NO_PICTURE, why)
        case VideoError() | FileUnusable():
            return ItemFailed(Reason.OUTPUT, str(error))
        case OSError():
            return ItemFailed(Reason.OUTPUT, f"{error.filename or item.called}: {error.strerror or error}")
        case ModelError() | WorkerError():
            return ItemFailed(Reason.ENGINE, str(error))
    _log.error("unexpected, at %s", item.called, exc_info=error)
    return ItemFailed(Reason.ENGINE, f"{item.called}: a defect of this program: {type(error).__name__}: {error}")
