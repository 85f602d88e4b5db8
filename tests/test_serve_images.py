"""POST /v1/images/generations and /v1/images/edits, asked by the official client."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import openai
import pytest
from PIL import Image
from realtime_server import DEADLINE_S, Server, serving, until

Pixels = npt.NDArray[np.uint8]
SLOW = "image.options={pause_s=0.05, steps=200}"


@pytest.fixture(autouse=True)
def _own_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "own"))


def asking(server: Server) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)


def opened(b64_json: str | None) -> Image.Image:
    assert b64_json
    return Image.open(io.BytesIO(base64.b64decode(b64_json)), formats=["PNG"])


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


def png(array: Any) -> bytes:
    written = io.BytesIO()
    Image.fromarray(np.asarray(array, np.uint8)).save(written, "PNG")
    return written.getvalue()


async def test_pictures_come_with_their_origin_and_equal_seeds_are_equal(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, asking(server) as client:
        asked: Any = {"model": "scripted", "prompt": "a red boat", "extra_body": {"seed": 7, "steps": 4}}
        two = await client.images.generate(n=2, size="256x512", **asked)
        again = await client.images.generate(n=1, size="256x512", **asked)
    assert two.data is not None
    assert again.data is not None
    first, second = (opened(one.b64_json) for one in two.data)
    assert first.size == (256, 512)
    assert first.info["Description"] == "a red boat"
    assert (first.info["Seed"], second.info["Seed"], first.info["Steps"]) == ("7", "8", "4")
    assert first.info["Licence"] == "Apache-2.0"
    assert np.array_equal(pixels(first), pixels(opened(again.data[0].b64_json)))
    assert not np.array_equal(pixels(first), pixels(second))
    assert not (tmp_path / "own" / "gallery").exists()  # a picture belongs to whoever asked for it


async def test_a_mask_keeps_every_pixel_outside_of_it(tmp_path: Path) -> None:
    old = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    see_through = np.dstack([old, np.full((64, 64), 255, np.uint8)])
    see_through[:, 32:, 3] = 0
    async with serving(tmp_path) as server, asking(server) as client:
        edited = await client.images.edit(
            image=("boat.png", png(old)), mask=("mask.png", png(see_through)), prompt="a blue house"
        )
    assert edited.data is not None
    picture = opened(edited.data[0].b64_json)
    assert np.array_equal(pixels(picture)[:, :32], old[:, :32])
    assert not np.array_equal(pixels(picture)[:, 32:], old[:, 32:])
    assert picture.info["Kind"] == "edit"


async def test_a_stream_brings_previews_and_then_each_picture(tmp_path: Path) -> None:
    async with serving(tmp_path, "image.options={steps=12}") as server, asking(server) as client:
        stream = await client.images.generate(
            model="scripted", prompt="a red boat", n=2, size="256x512", stream=True, partial_images=2
        )
        *previews, first, second = [event async for event in stream]
        assert [event.type for event in previews] == ["image_generation.partial_image"] * 2
        assert [event.partial_image_index for event in previews] == [0, 1]  # type: ignore[union-attr]
        assert opened(previews[0].b64_json).size == tuple(map(int, previews[0].size.split("x")))
        assert {event.type for event in (first, second)} == {"image_generation.completed"}
        assert opened(first.b64_json).size == (256, 512)
        assert opened(first.b64_json).info["Description"] == "a red boat"
        assert first.b64_json != second.b64_json
        edited = await client.images.edit(image=base64.b64decode(first.b64_json), prompt="night", stream=True)
        assert [event.type async for event in edited] == ["image_edit.completed"]


async def test_a_stream_whose_model_fails_is_an_error(tmp_path: Path) -> None:
    async with serving(tmp_path, "image.options={unknown_words=['cat']}") as server, asking(server) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.images.generate(prompt="a cat", stream=True)
    assert refused.value.code == "nothing_known"


async def test_a_list_of_one_picture_is_taken_and_a_longer_one_refused(tmp_path: Path) -> None:
    old = png(np.full((64, 64, 3), 200, np.uint8))
    async with serving(tmp_path) as server, asking(server) as client:
        edited = await client.images.edit(image=[("a.png", old)], prompt="night")
        assert edited.data is not None
        with pytest.raises(openai.BadRequestError) as refused:
            await client.images.edit(image=[("a.png", old), ("b.png", old)], prompt="night")
    assert refused.value.param == "image[]"


async def test_without_a_mask_the_whole_picture_changes(tmp_path: Path) -> None:
    old = np.full((64, 64, 3), 200, np.uint8)
    async with serving(tmp_path) as server, asking(server) as client:
        edited = await client.images.edit(image=png(old), prompt="night", extra_body={"strength": 0.9})
    assert edited.data is not None
    assert not np.array_equal(pixels(opened(edited.data[0].b64_json)), old)


@pytest.mark.parametrize(
    ("fields", "files", "param"),
    [
        ({"prompt": "x"}, {}, "image"),
        ({"prompt": "x"}, {"image": b"<svg onload='x'/>"}, "image"),
        ({"prompt": "x"}, {"image": png(np.zeros((8, 8, 3)))[:-30]}, "image"),
        ({"prompt": "x"}, {"image": png(np.zeros((8, 8, 3))), "mask": png(np.ones((9, 8, 3)))}, "mask"),
        ({"prompt": "x"}, {"image": png(np.zeros((8, 8, 3))), "mask": png(np.zeros((8, 8, 3)))}, "mask"),
        ({}, {"image": png(np.zeros((8, 8, 3)))}, "prompt"),
    ],
)
async def test_files_that_are_no_pictures_are_refused(
    tmp_path: Path, fields: dict[str, str], files: dict[str, bytes], param: str
) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        named = {name: (f"../{name}", content) for name, content in files.items()}
        answer = await client.post(f"{server.address}/v1/images/edits", data=fields, files=named)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert "/tmp" not in answer.text


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"size": "99999x2"}, "size"),
        ({"size": "4096x4096"}, "size"),
        ({"n": 5}, "n"),
        ({"n": 0}, "n"),
        ({"seed": -1}, "seed"),
        ({"response_format": "url"}, "response_format"),
        ({"prompt": ""}, "prompt"),
        ({"model": "gpt-9"}, "model"),
    ],
)
async def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], param: str) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answer = await client.post(f"{server.address}/v1/images/generations", json={"prompt": "a cat", **change})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ("{unknown_words=['cat']}", 400, "nothing_known"),
        ("{fail_on=[1]}", 500, "engine_failed"),
        ("{withhold_on=[1]}", 400, "content_policy_violation"),
    ],
)
async def test_a_model_that_draws_nothing_says_why(tmp_path: Path, options: str, status: int, code: str) -> None:
    async with serving(tmp_path, f"image.options={options}") as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answer = await client.post(f"{server.address}/v1/images/generations", json={"prompt": "a cat"})
        again = await client.post(f"{server.address}/v1/images/generations", json={"prompt": "a dog"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert again.status_code == 200


async def test_who_leaves_while_it_is_drawn_leaves_no_job_behind(tmp_path: Path) -> None:
    async with serving(tmp_path, SLOW) as server:
        async with httpx.AsyncClient(timeout=DEADLINE_S) as client:
            body = {"prompt": "a cat"}
            with pytest.raises(httpx.ReadTimeout):
                await client.post(f"{server.address}/v1/images/generations", json=body, timeout=0.5)
        image = await server.service.stages.image()
        await until(lambda: not image.busy)
        assert image.times.seconds["make"] < 200 * 0.05
