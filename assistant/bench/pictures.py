"""`assistant bench pictures`: how fast is drawn, how soon it is told, and whether a voice stays fluent meanwhile."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Container, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.bench.drawn_right import Retrieval, measure_retrieval
from assistant.bench.live_turns import Turn, ask_live
from assistant.bench.measure import Machine, Spread, machine, spread
from assistant.config import Profile
from assistant.pictures.gallery import Gallery
from assistant.session import Session
from assistant.stages import Stages
from assistant.workers.worker import Worker
from models.pictures import DrawingStep, ImageOptions, TextToImage
from models.types import Audio

PARTS = ("drawing", "right", "talking")

# Things that every model draws, the built-in one too.
_PROMPTS = ("a red apple", "a rocket", "a sad face", "a cat", "a house")
_BUILT_IN = "tiny-sd"
# Steps of the pictures that are given up, and of those that are made while somebody talks: more than will be reached.
_LONG = 200
# After this step a drawing is given up.
_GIVEN_UP_AFTER = 3
_CANCELS = 10
_LOOK_S = 0.002


@dataclass(frozen=True, slots=True)
class Material:
    """What is said, 16 kHz: questions, requests for a picture, and how many turns of each kind."""

    questions: Sequence[Audio]
    requests: Sequence[Audio]
    n_turns: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """The image model alone.

    Attributes:
        load_s: until it can draw, in a process of its own.
        picture_10_steps_s, picture_20_steps_s: for a whole picture.
        first_preview_step: the step at which something is to be seen; first_preview_s: when that is.
        cancel_s: from giving up to the engine's being free.
        cancel_steps: the same, in steps of that drawing.
    """

    load_s: float
    picture_10_steps_s: Spread
    picture_20_steps_s: Spread
    first_preview_step: int
    first_preview_s: Spread
    cancel_s: Spread
    cancel_steps: Spread


@dataclass(frozen=True, slots=True)
class Talking:
    """Seconds from the last speech to the first audible sample of what is answered, in live conversations.

    Attributes:
        promise_s: of "I'm drawing …", to a request for a picture.
        reply_s: of a plain reply.
        reply_while_drawing_s: the same while a picture is made all the time.
        ratio: of the two medians.
        unanswered: turns after which nothing was heard.
    """

    promise_s: Spread
    reply_s: Spread
    reply_while_drawing_s: Spread
    ratio: float
    unanswered: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the benchmark found out; None where a part was not wanted.

    Attributes:
        retrieval: of the built-in model; what others have learnt is not known here.
    """

    machine: Machine
    model: str
    drawing: Drawing | None = None
    retrieval: Retrieval | None = None
    talking: Talking | None = None


async def measure(
    profile: Profile, stages: Stages, material: Material, parts: Container[str] = frozenset(PARTS)
) -> Report:
    """Draws some pictures, then three hundred to be judged, then talks in real time: about half a minute a turn.

    Args:
        profile: with an image model.
        stages: its workers, not started yet.
        material: what is said.
        parts: of PARTS, those that are wanted.

    Raises:
        NoPictures: the profile has no image model.
    """
    async with stages:
        worker = await stages.image()
        model = stages.models()["image"].name
        return Report(
            machine(),
            model,
            await _measure_drawing(worker) if "drawing" in parts else None,
            await measure_retrieval(worker) if "right" in parts and model == _BUILT_IN else None,
            await _measure_talking(profile, stages, material) if "talking" in parts else None,
        )


async def _measure_drawing(worker: Worker) -> Drawing:
    previews = [await _draw(worker, prompt, 10) for prompt in _PROMPTS]
    twenty = [await _draw(worker, prompt, 20) for prompt in _PROMPTS]
    cancels = [await _cancel(worker) for _ in range(_CANCELS)]
    return Drawing(
        round(worker.load_s, 2),
        spread([picture.whole_s for picture in previews]),
        spread([picture.whole_s for picture in twenty]),
        max(picture.preview_step for picture in previews),
        spread([picture.preview_s for picture in previews]),
        spread([cancel_s for cancel_s, _ in cancels]),
        spread([cancel_s / step_s for cancel_s, step_s in cancels]),
    )


@dataclass(slots=True)
class _Picture:
    whole_s: float = 0.0
    preview_step: int = 0
    preview_s: float = 0.0


async def _draw(worker: Worker, prompt: str, steps: int) -> _Picture:
    found, start = _Picture(), time.perf_counter()
    async with aclosing(worker.stream("make", TextToImage(prompt), ImageOptions(steps=steps))) as items:
        async for item in items:
            if isinstance(item, DrawingStep) and item.preview and not found.preview_step:
                found.preview_step, found.preview_s = item.step, time.perf_counter() - start
    found.whole_s = time.perf_counter() - start
    return found


async def _cancel(worker: Worker) -> tuple[float, float]:
    """Seconds until the engine was free, and of a step."""
    times = []
    async with aclosing(worker.stream("make", TextToImage(_PROMPTS[0]), ImageOptions(steps=_LONG))) as items:
        async for _ in items:
            times.append(time.perf_counter())
            if len(times) > _GIVEN_UP_AFTER:
                break
    given_up = time.perf_counter()
    while worker.busy:  # noqa: ASYNC110 - a worker tells nobody when it has become free
        await asyncio.sleep(_LOOK_S)
    return time.perf_counter() - given_up, (times[-1] - times[1]) / (len(times) - 2)


async def _measure_talking(profile: Profile, stages: Stages, material: Material) -> Talking:
    """The three kinds of turns take turns: a slow minute hits all alike."""
    promises, replies, drawn_over = [], [], []
    for number in range(material.n_turns):
        question = material.questions[number % len(material.questions)]
        promises.append(await _answered_s(profile, stages, material.requests[number % len(material.requests)]))
        replies.append(await _answered_s(profile, stages, question))
        async with _always_drawing(stages):
            drawn_over.append(await _answered_s(profile, stages, question))
    promise, reply, while_drawing = (
        spread([one for one in found if one is not None]) for found in (promises, replies, drawn_over)
    )
    unanswered = sum(found.count(None) for found in (promises, replies, drawn_over))
    return Talking(promise, reply, while_drawing, round(while_drawing.p50 / reply.p50, 2), unanswered)


async def _answered_s(profile: Profile, stages: Stages, utterance: Audio) -> float | None:
    with tempfile.TemporaryDirectory() as folder:  # what a benchmark draws is nobody's
        session = Session(profile, stages, gallery=Gallery(Path(folder), Path(folder, "signing")))
        return Turn(*await ask_live(session, utterance)).voice_to_voice_s


@asynccontextmanager
async def _always_drawing(stages: Stages) -> AsyncIterator[None]:
    """Inside the block a picture is made, as a conversation makes it: it waits while a reply is written."""
    began: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def draw() -> None:
        worker = await stages.image()
        while True:
            stream = worker.stream("make", TextToImage(_PROMPTS[0]), ImageOptions(steps=_LONG))
            async with aclosing(stream) as items:
                async for _ in items:
                    if not began.done():
                        began.set_result(None)
                    await stages.speech.wait()

    drawing = asyncio.create_task(draw())
    try:
        await asyncio.wait({drawing, began}, return_when=asyncio.FIRST_COMPLETED)
        if drawing.done():
            drawing.result()  # raises what went wrong
        yield
    finally:
        drawing.cancel()
        await asyncio.wait({drawing})
