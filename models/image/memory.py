"""Out of memory: told with advice, and everything let go, so that the engine stays in use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import OutOfMemory

# How torch's allocator for the CPU says it; its RuntimeError has no class of its own.
_OF_THE_CPU = "can't allocate memory"


@contextmanager
def shortage_told() -> Iterator[None]:
    """
    Raises:
        OutOfMemory: torch ran out of memory inside.
    """
    import torch

    try:
        yield
        return
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and _OF_THE_CPU not in str(error):
            raise
    # Outside of the except clause, where the traceback would still hold every tensor.
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise OutOfMemory(
        "there was not enough memory for this picture; ask for a smaller one, close other programs, or set "
        'low_memory = "slices" (on a GPU also "offload") under [image.options]'
    )
