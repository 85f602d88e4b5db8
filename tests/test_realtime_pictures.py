"""Pictures in a conversation over the socket, with scripted engines."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image
from realtime_server import STT, client, replies, serving, until


@pytest.mark.parametrize("modality", ["audio", "text"])
async def test_a_picture_that_is_asked_for_in_writing_is_drawn_and_sent(tmp_path: Path, modality: str) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        await caller.configure(output_modalities=[modality])
        await caller.write("Draw a red boat on a lake")
        await caller.send("response.create")
        started = await caller.next("assistant.picture.started")
        ready = await caller.next("assistant.picture.ready")
        assert started["picture_id"] == ready["picture_id"]
        assert "boat" in ready["prompt"]
        assert ready["licence"]
        picture = Image.open(io.BytesIO(base64.b64decode(ready["picture"]["data"])))
        assert (picture.width, picture.height) == (ready["picture"]["width"], ready["picture"]["height"])
        assert picture.format == "PNG"
        steps = caller.of("assistant.picture.progress")
        assert [event["step"] for event in steps] == list(range(1, steps[-1]["steps"] + 1))
        preview = next(event["preview"] for event in steps if event["preview"])
        assert Image.open(io.BytesIO(base64.b64decode(preview["data"]))).format == "JPEG"
        await until(lambda: len(caller.of("response.done")) == 2)  # the promise, and that it is there
        assert {event["response"]["status"] for event in caller.of("response.done")} == {"completed"}
        assert bool(caller.of("response.output_audio.delta")) == (modality == "audio")
