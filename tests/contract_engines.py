"""Builds every engine of the registry for the contract suite."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import word_server

from models import registry
from models.types import Audio, EngineSpec, Pause, Stage

# Small weights for the engines that take theirs from the store. A new engine with weights adds its line here.
WEIGHTS = {
    "silero": "silero-vad",
    "smart-turn": "smart-turn-v3.2",
    "whisper": "whisper-base",
    "transformers": "smollm2-135m-instruct",
    "coqui": "piper-joe",
    "diffusers": "tiny-sd",
}


def engines(stage: Stage) -> list[Any]:
    """The names of a stage's engines, as parameters of a test or a fixture."""
    marks = {True: [pytest.mark.weights], False: []}
    return [pytest.param(name, marks=marks[entry.has_weights]) for name, entry in registry.ENGINES[stage].items()]


def each_engine(stage: Stage) -> Any:
    """A fixture of the stage's name: each of its engines, built once for a file of tests."""

    @pytest.fixture(scope="module", params=engines(stage), name=stage)
    def engine(request: pytest.FixtureRequest) -> Any:
        return registry.create(specify(stage, request.param, request))

    return engine


def specify(stage: Stage, name: str, request: pytest.FixtureRequest) -> EngineSpec:
    """Skips what is optional and not installed."""
    if name == "hibari":
        pytest.importorskip("hibari", reason="the extra [hibari] is not installed")
    if name == "espeak" and shutil.which("espeak-ng") is None:
        pytest.skip("the program espeak-ng is not installed")
    if name == "openai":
        server = ExitStack()
        request.addfinalizer(server.close)
        return EngineSpec(stage, name, "any", options={"base_url": server.enter_context(word_server.serving())})
    if not registry.find(stage, name).has_weights:
        return EngineSpec(stage, name)
    weights: Callable[[str], Path] = request.getfixturevalue("weights")
    return EngineSpec(stage, name, WEIGHTS[name], weights(WEIGHTS[name]), device="cpu")


def silence(duration_s: float, sample_rate_hz: int = 16_000) -> Audio:
    return Audio(np.zeros(round(duration_s * sample_rate_hz), np.float32), sample_rate_hz)


def heard(items: Iterator[Any]) -> list[Any]:
    """What a driver passes on: everything but the pauses."""
    return [item for item in items if not isinstance(item, Pause)]


def assert_waits_to_be_asked(items: Any) -> None:
    assert inspect.getgeneratorstate(items) == inspect.GEN_CREATED
    items.close()
