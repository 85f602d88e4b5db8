"""What Coqui raises on files that are not what it expects, as one error."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import WeightsInvalid

# It checks little itself: whatever a wrong file leads to arrives here.
_ON_WRONG_FILES = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
)


@contextmanager
def loading(folder: Path, kind: str) -> Iterator[None]:
    """Loads a voice in the block.

    Args:
        kind: of the voice, as it is said in the error: "a Coqui VITS voice".

    Raises:
        WeightsInvalid: the folder holds something else, or a checkpoint that could run code.
    """
    try:
        yield
    except _ON_WRONG_FILES as error:
        raise WeightsInvalid(f"{folder} is not {kind}: {error}") from error
    except pickle.UnpicklingError as error:
        raise WeightsInvalid(f"{folder / 'model.pth'} holds more than tensors and is not loaded") from error
