"""Captions in media files: as a track that a player can switch on (`embed`), or drawn into the picture (`burn`).

What a caption says, and when, is decided elsewhere. Files are read through `models.audio.media`, with its precautions.
"""

from models.video.burn import burn
from models.video.caption import Caption
from models.video.containers import container_for
from models.video.embed import embed

__all__ = ["Caption", "burn", "container_for", "embed"]
