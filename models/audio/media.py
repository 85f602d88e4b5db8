"""Opening any media file that people have, safely.

Files are hostile input. FFmpeg may use only formats that hold their sound and pictures themselves, and no protocol but
`file`: it follows no reference to another file or to the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import AudioError

if TYPE_CHECKING:
    from av.container import InputContainer

# FFmpeg's demuxers of formats that hold their sound themselves. Left out on purpose: playlists and manifests (hls,
# dash, concat, ...), which name other files, and raw or text formats, whose detection is a guess.
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,eac3,flac,flv,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nut,ogg,rm,tak,tta,"
    "voc,w64,wav,wv"
)


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The file as a container, for the `with` block. What FFmpeg cannot read within the block is an `AudioError` too.

    Raises:
        AudioError: no such file, not a regular file, empty, of an unknown format, or broken.
    """
    import av

    if not path.exists():
        raise AudioError(f"{path}: no such file")
    if not path.is_file():
        raise AudioError(f"{path} is {'a directory' if path.is_dir() else 'not a regular file'}; give an audio file")
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:
        if not path.stat().st_size:
            raise AudioError(f"{path} is empty (0 bytes)")
        # Named as a file, "concat:a|b" is one too. Tags in Latin-1 are common, and nobody reads them here.
        address = f"file:{path.absolute()}"
        with av.open(address, "r", container_options=options, metadata_errors="replace") as container:
            yield container
    except (av.FFmpegError, OSError) as error:
        raise AudioError(f"{path} cannot be read as an audio or video file: {error.strerror}") from error
