"""POST /v1/images/generations and /v1/images/edits: words -> pictures, words and a picture -> other pictures.

Nothing is kept here: a picture belongs to whoever asked for it. Each says in its file where it comes from.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import Field

from assistant.serve.errors import RequestError
from assistant.serve.http import events
from assistant.serve.http.connection import streamed, while_connected
from assistant.serve.http.picture_events import PREVIEW_EVERY, PictureEvents
from assistant.serve.http.picture_files import DrawnFor, png_of
from assistant.serve.http.text import Body, Name
from assistant.serve.http.uploads import as_file
from assistant.serve.names import model_name
from assistant.serve.service import Service
from models.errors import PictureError
from models.image.file import read_mask, read_picture
from models.pictures import DrawingStep, Drawn, ImageOptions, ImageTask, ImageToImage, Inpaint, TextToImage

_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")


# What is to be drawn, and the file that it is made from, for as long as that takes.
Wish: TypeAlias = AbstractAsyncContextManager[tuple[ImageTask, Path | None]]


class GenerationRequest(Body):
    """As OpenAI's, with the options of `assistant draw` beside them."""

    # Longer than any text encoder reads, in pieces.
    prompt: str = Field(min_length=1, max_length=4000)
    model: Name = ""
    n: int = Field(1, ge=1, le=4)
    # "auto", or width x height in pixels.
    size: Name = "auto"
    response_format: Literal["b64_json"] = "b64_json"
    output_format: Literal["png"] = "png"
    stream: bool = False
    # Of a stream; as many as OpenAI sends.
    partial_images: int = Field(0, ge=0, le=3)
    negative_prompt: str = Field("", max_length=4000)
    steps: int = Field(0, ge=0, le=200)
    guidance: float | None = Field(None, ge=0, le=100)
    seed: int | None = Field(None, ge=0, lt=2**63)

    def options(self) -> ImageOptions:
        """
        Raises:
            RequestError: the size is none.
        """
        width, height = _size(self.size)
        return ImageOptions(
            negative_prompt=self.negative_prompt,
            steps=self.steps,
            guidance=self.guidance,
            seed=time.time_ns() % 2**32 if self.seed is None else self.seed,
            width=width,
            height=height,
            count=self.n,
            preview_every=PREVIEW_EVERY if self.stream and self.partial_images else 0,
        )


class EditRequest(GenerationRequest):
    """As OpenAI's; `strength` says how much of the picture may change where there is no mask."""

    image: UploadFile | None = None
    # As OpenAI's own client names a list; of several pictures none here makes one.
    images: list[UploadFile] = Field([], alias="image[]", max_length=1)
    mask: UploadFile | None = None
    strength: float = Field(0.6, gt=0, le=1)

    def only_image(self) -> UploadFile:
        """
        Raises:
            RequestError: there is none.
        """
        for image in (self.image, *self.images):
            if image is not None:
                return image
        raise RequestError(400, "missing", "image: Field required", param="image")


def routes(service: Service) -> APIRouter:
    """The routes, for one server."""
    router = APIRouter()

    @router.post("/v1/images/generations")
    async def generations(request: Request, asked: GenerationRequest) -> Response:
        model_name(service, "image", asked.model)
        return await _answer(service, request, asked, nullcontext((TextToImage(asked.prompt), None)))

    @router.post("/v1/images/edits")
    async def edits(request: Request, asked: Annotated[EditRequest, Form()]) -> Response:
        model_name(service, "image", asked.model)
        return await _answer(service, request, asked, _edit(asked))

    return router


async def _answer(service: Service, request: Request, asked: GenerationRequest, wish: Wish) -> Response:
    deadline_s = service.settings.limits.request_s
    if not asked.stream:
        return await while_connected(request.receive, _whole(service, asked, wish), deadline_s)
    return await streamed(request, events.with_errors(_told(service, asked, wish)), events.MEDIA_TYPE, deadline_s)


@asynccontextmanager
async def _edit(asked: EditRequest) -> AsyncIterator[tuple[ImageTask, Path | None]]:
    async with AsyncExitStack() as files:
        image = await files.enter_async_context(as_file(asked.only_image()))
        mask = await files.enter_async_context(as_file(asked.mask)) if asked.mask else None
        yield await asyncio.to_thread(_edit_task, asked, image, mask), image


def _edit_task(asked: EditRequest, image: Path, mask: Path | None) -> ImageTask:
    """
    Raises:
        RequestError: a file is no picture, or the mask does not fit.
    """
    try:
        picture = read_picture(image)
    except PictureError as error:
        raise RequestError(400, "invalid_file", str(error).replace(str(image), "the image"), param="image") from error
    if mask is None:
        return ImageToImage(asked.prompt, picture, asked.strength)
    try:
        return Inpaint(asked.prompt, picture, read_mask(mask, picture))
    except PictureError as error:
        raise RequestError(400, "invalid_file", str(error).replace(str(mask), "the mask"), param="mask") from error


async def _whole(service: Service, asked: GenerationRequest, wish: Wish) -> Response:
    async with wish as (task, source):
        drawn = [item async for item in _steps(service, task, asked) if isinstance(item, Drawn)]
        shown = _shown(drawn)
        files = [await _file(service, asked, one, source) for one in shown]
    listed = [
        {"b64_json": base64.b64encode(file).decode(), **_said_of(one)} for one, file in zip(shown, files, strict=True)
    ]
    return JSONResponse({"created": int(time.time()), "data": listed})


async def _told(service: Service, asked: GenerationRequest, wish: Wish) -> AsyncGenerator[bytes, None]:
    teller = PictureEvents("image_edit" if isinstance(asked, EditRequest) else "image_generation", asked.partial_images)
    drawn: list[Drawn] = []
    async with wish as (task, source), aclosing(_steps(service, task, asked)) as items:
        async for item in items:
            if isinstance(item, Drawn):
                drawn.append(item)
            elif preview := teller.preview(item):
                yield preview
        for one in _shown(drawn):
            yield teller.completed(one.picture, await _file(service, asked, one, source), _said_of(one))


async def _steps(
    service: Service, task: ImageTask, asked: GenerationRequest
) -> AsyncGenerator[DrawingStep | Drawn, None]:
    """
    Raises:
        AssistantError, ModelError: it cannot be drawn.
    """
    worker = await service.stages.image()
    async with aclosing(worker.stream("make", task, asked.options())) as items:
        async for item in items:
            if isinstance(item, DrawingStep | Drawn):
                yield item
            await service.stages.speech.wait()  # what is not read is not gone on with


def _shown(drawn: Sequence[Drawn]) -> Sequence[Drawn]:
    """
    Raises:
        RequestError: a safety checker withholds what was drawn.
    """
    shown = [one for one in drawn if not one.is_withheld]
    if not shown:
        message = "What was drawn is withheld by the safety checker."
        raise RequestError(400, "content_policy_violation", message, param="prompt")
    return shown


async def _file(service: Service, asked: GenerationRequest, drawn: Drawn, source: Path | None) -> bytes:
    wanted = DrawnFor(asked.prompt, asked.negative_prompt, service.stages.models()["image"], source)
    return await asyncio.to_thread(png_of, drawn, wanted)


def _said_of(drawn: Drawn) -> dict[str, Any]:
    """Beside what OpenAI tells: the seed, and what the user should know."""
    return {"revised_prompt": drawn.prompt, "seed": drawn.seed, "notes": list(drawn.notes)}


def _size(text: str) -> tuple[int, int]:
    if text == "auto":
        return 0, 0
    match = _SIZE.fullmatch(text)
    if not match or max(map(int, match.groups())) > 2048:  # larger ones take any machine's memory
        raise RequestError(400, "invalid_value", 'size is "auto" or such as "512x512", up to 2048.', param="size")
    return int(match[1]), int(match[2])
