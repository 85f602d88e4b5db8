"""A drawing that is stopped ends at that step, leaves nothing behind, and the engine draws on as if nothing was."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from image_models import FAST, QUIET, SKETCHER, SKETCHER_OPTIONS, Folder, drawn, engine, folder, noise, pixels

from assistant.workers.worker import Worker, WorkerOptions
from models.errors import EngineFailed, OutOfMemory
from models.image.diffusers import DiffusersImageGenerator
from models.image.stepwise import stepwise
from models.pictures import DrawingStep, Drawn, Extend, ImageOptions, ImageToImage, Picture, TextToImage, Walk
from models.types import EngineSpec

pytestmark = QUIET
__all__ = ["folder"]

BOAT = TextToImage("a red boat")
TASKS = [BOAT, ImageToImage("the sea", noise(64, 64), 1.0), Extend("the sea", noise(64, 64), "right", 40)]


@pytest.fixture(scope="module")
def generator(folder: Folder) -> DiffusersImageGenerator:
    return engine(folder("sd"))


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "drawing"]


class Calls:
    """Counts how often the UNet is asked."""

    def __init__(self, generator: DiffusersImageGenerator) -> None:
        self.count = 0
        unet = generator._main.model.base.unet
        self.hook = unet.register_forward_pre_hook(self._called)

    def _called(self, *_: object) -> None:
        self.count += 1


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_it_can_be_stopped_at_every_step(generator: DiffusersImageGenerator, task: TextToImage) -> None:
    expected = pixels(generator, BOAT)
    total = sum(isinstance(item, DrawingStep) for item in generator.make(task, FAST))
    assert total >= 3
    for taken in range(total + 1):
        calls = Calls(generator)
        items = generator.make(task, FAST)
        for _ in range(taken):
            assert isinstance(next(items), DrawingStep)
        items.close()
        calls.hook.remove()
        assert calls.count == taken, "no step is done that nobody asked for"
        assert np.array_equal(pixels(generator, BOAT), expected)


def test_a_picture_that_is_stopped_before_it_is_decoded_is_never_decoded(
    generator: DiffusersImageGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    vae, decoded = generator._main.model.base.vae, []
    monkeypatch.setattr(vae, "decode", lambda *args, **kwargs: decoded.append(args))
    items = generator.make(BOAT, ImageOptions(steps=3, preview_every=0, scheduler="ddim"))
    assert [next(items).step for _ in range(3)] == [1, 2, 3]
    items.close()
    assert not decoded


def test_what_is_forgotten_ends_by_itself(generator: DiffusersImageGenerator) -> None:
    items = generator.make(BOAT, FAST)
    next(items)
    del items  # nobody closes it; the fixture sees that its thread ends all the same


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(2)])
def test_what_the_function_raises_is_raised_where_it_is_asked(error: BaseException) -> None:
    def work(report: Callable[[int], None]) -> None:
        report(1)
        raise error

    items = stepwise(work)
    assert next(items) == 1
    with pytest.raises(type(error)) as caught:
        next(items)
    assert caught.value is error


def test_what_the_function_does_when_it_is_stopped_is_waited_for() -> None:
    done = []

    def work(report: Callable[[int], None]) -> None:
        try:
            report(1)
            report(2)
        finally:
            done.append("tidied up")

    items = stepwise(work)
    next(items)
    items.close()
    assert done == ["tidied up"]


def test_out_of_memory_is_said_with_advice_and_the_engine_stays_in_use(
    generator: DiffusersImageGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    expected = pixels(generator, BOAT)
    unet = generator._main.model.base.unet
    shortages: list[Callable[..., object]] = [
        lambda *_, **__: torch.empty(2**58),  # more than any address space has: the allocator of the CPU refuses
        lambda *_, **__: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory")),
    ]
    for shortage in shortages:
        with monkeypatch.context() as patch:
            patch.setattr(unet, "forward", shortage)
            with pytest.raises(OutOfMemory, match=r'smaller one.*low_memory = "slices"'):
                drawn(generator, BOAT)
        assert np.array_equal(pixels(generator, BOAT), expected)


def test_a_defect_is_not_taken_for_a_lack_of_memory(
    generator: DiffusersImageGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(generator._main.model.base.unet, "forward", broken)
    with pytest.raises(RuntimeError, match="multiplied"):
        drawn(generator, BOAT)


def test_weights_that_compute_no_numbers_are_said(folder: Folder) -> None:
    import torch

    generator = engine(folder("sd"))
    with torch.no_grad():
        generator._main.model.base.unet.conv_out.bias.fill_(float("nan"))
    with pytest.raises(EngineFailed, match="no numbers"):
        drawn(generator, BOAT)


async def test_two_pictures_at_once_come_one_after_the_other_and_a_stop_lets_the_next_begin() -> None:
    spec = EngineSpec("image", "diffusers", weights=SKETCHER, device="cpu", options=SKETCHER_OPTIONS)
    order: list[str] = []

    async def draw(worker: Worker, name: str, task: TextToImage) -> Picture | None:
        picture = None
        async for item in worker.stream("make", task, ImageOptions(seed=4)):
            order.append(name)
            picture = item.picture if isinstance(item, Drawn) else None
        return picture

    async with Worker(spec, WorkerOptions(mode="thread", credit=1)) as worker:
        alone = await draw(worker, "alone", TextToImage("a cat"))
        stopped = worker.stream("make", Walk("a cat", "a dog", 5, 24), ImageOptions())
        assert isinstance(await anext(stopped), DrawingStep)
        order.clear()
        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            one = group.create_task(draw(worker, "one", TextToImage("a cat")))
            other = group.create_task(draw(worker, "other", TextToImage("a dog")))
            await stopped.aclose()
    assert order == sorted(order, key=["one", "other"].index)
    assert alone is not None
    assert np.array_equal(one.result().pixels, alone.pixels)
    assert not np.array_equal(other.result().pixels, alone.pixels)
