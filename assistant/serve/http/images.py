"""POST /v1/images/generations and /v1/images/edits: words -> pictures, words and a picture -> other pictures.

Nothing is kept here: a picture belongs to whoever asked for it. Each says in its file where it comes from.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from assistant.serve.errors import RequestError
from assistant.serve.http.connection import while_connected
from assistant.serve.http.picture_files import DrawnFor, png_of
from assistant.serve.http.text import Name
from assistant.serve.http.uploads import as_file
from assistant.serve.names import model_name
from assistant.serve.service import Service
from models.errors import PictureError
from models.image.file import read_mask, read_picture
from models.pictures import Drawn, ImageOptions, ImageTask, ImageToImage, Inpaint, TextToImage

_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")


class GenerationRequest(BaseModel):
    """As OpenAI's, with the options of `assistant draw` beside them."""

    # Longer than any text encoder reads, in pieces.
    prompt: str = Field(min_length=1, max_length=4000)
    model: Name = ""
    n: int = Field(1, ge=1, le=4)
    # "auto", or width x height in pixels.
    size: Name = "auto"
    response_format: Literal["b64_json"] = "b64_json"
    output_format: Literal["png"] = "png"
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
            preview_every=0,
        )


class EditRequest(GenerationRequest):
    """As OpenAI's; `strength` says how much of the picture may change where there is no mask."""

    image: UploadFile
    mask: UploadFile | None = None
    strength: float = Field(0.6, gt=0, le=1)


def routes(service: Service) -> APIRouter:
    """The routes, for one server."""
    router = APIRouter()
    deadline_s = service.settings.limits.request_s

    @router.post("/v1/images/generations")
    async def generations(request: Request, asked: GenerationRequest) -> Response:
        model_name(service, "image", asked.model)
        drawing = _draw(service, TextToImage(asked.prompt), asked)
        return await while_connected(request.receive, drawing, deadline_s)

    @router.post("/v1/images/edits")
    async def edits(request: Request, asked: Annotated[EditRequest, Form()]) -> Response:
        model_name(service, "image", asked.model)
        return await while_connected(request.receive, _edit(service, asked), deadline_s)

    return router


async def _edit(service: Service, asked: EditRequest) -> Response:
    async with AsyncExitStack() as files:
        image = await files.enter_async_context(as_file(asked.image))
        mask = await files.enter_async_context(as_file(asked.mask)) if asked.mask else None
        task = await asyncio.to_thread(_edit_task, asked, image, mask)
        return await _draw(service, task, asked, image)


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


async def _draw(service: Service, task: ImageTask, asked: GenerationRequest, source: Path | None = None) -> Response:
    """
    Args:
        source: the picture that another one is made from.

    Raises:
        RequestError: a safety checker withholds what was drawn.
        AssistantError, ModelError: it cannot be drawn.
    """
    worker = await service.stages.image()
    drawn: list[Drawn] = []
    async with aclosing(worker.stream("make", task, asked.options())) as items:
        async for item in items:
            if isinstance(item, Drawn):
                drawn.append(item)
            await service.stages.speech.wait()  # what is not read is not gone on with
    shown = [one for one in drawn if not one.is_withheld]
    if not shown:
        message = "What was drawn is withheld by the safety checker."
        raise RequestError(400, "content_policy_violation", message, param="prompt")
    wanted = DrawnFor(asked.prompt, asked.negative_prompt, service.stages.models()["image"], source)
    files = await asyncio.to_thread(lambda: [png_of(one, wanted) for one in shown])
    return JSONResponse({"created": int(time.time()), "data": _listed(shown, files)})


def _listed(drawn: Sequence[Drawn], files: Sequence[bytes]) -> list[dict[str, Any]]:
    """Beside what OpenAI tells: the seed, and what the user should know."""
    return [
        {
            "b64_json": base64.b64encode(file).decode(),
            "revised_prompt": one.prompt,
            "seed": one.seed,
            "notes": list(one.notes),
        }
        for one, file in zip(drawn, files, strict=True)
    ]


def _size(text: str) -> tuple[int, int]:
    if text == "auto":
        return 0, 0
    match = _SIZE.fullmatch(text)
    if not match or max(map(int, match.groups())) > 2048:  # larger ones take any machine's memory
        raise RequestError(400, "invalid_value", 'size is "auto" or such as "512x512", up to 2048.', param="size")
    return int(match[1]), int(match[2])
