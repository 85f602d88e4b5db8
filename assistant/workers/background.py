"""Engines that take only what the others leave over."""

from __future__ import annotations

import os
from typing import Any

from models import registry
from models.types import EngineSpec

# Beside a voice that speaks, a picture gets a tenth of a core that both want (kernel/sched/core.c: 15 against 1024 at
# 19; 110 at 10): whoever listens notices a voice that falters, but hardly a picture that comes a second later.
_NICENESS = 10


def create_in_background(spec: EngineSpec) -> Any:
    """As `registry.create`, with a lower priority for the whole process; for a worker in a process of its own."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(_NICENESS)
    return registry.create(spec)
