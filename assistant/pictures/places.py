"""Where this user's pictures live, and what they are signed with."""

from __future__ import annotations

import os
from pathlib import Path


def gallery_folder() -> Path:
    """The folder of the pictures, which a user may also look at, copy and tidy up with other programs."""
    return _own_folder() / "gallery"


def signing_folder() -> Path:
    """The folder of the certificate; its key is nobody else's business, so it lies apart from the pictures."""
    return _own_folder() / "signing"


def _own_folder() -> Path:
    from platformdirs import user_data_path

    chosen = os.environ.get("ASSISTANT_DATA")
    return Path(chosen).expanduser() if chosen else user_data_path("multimodal-voice-assistant", appauthor=False)
