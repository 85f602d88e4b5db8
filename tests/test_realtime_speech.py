"""A spoken conversation over the socket with real weights: what comes back is heard again by Whisper."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from realtime_server import client, serving

from models import audio
from models.types import TranscribeOptions

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.weights


async def test_a_recorded_question_is_answered_in_speech_that_can_be_understood(
    weights: Callable[[str], Path],
) -> None:
    for name in ("whisper-base", "smollm2-135m-instruct", "piper-joe"):
        weights(name)
    question = audio.read(ROOT / "examples/questions/capital.wav")
    async with serving(None, "workers.mode=process", profile="embedded") as server, client(server) as caller:
        await caller.say(question)
        await caller.push(bytes(2 * 24_000))
        done = await caller.next("response.done")
        assert (
            "capital of France" in caller.of("conversation.item.input_audio_transcription.completed")[0]["transcript"]
        )
        assert done["response"]["status"] == "completed"
        (played,) = caller.played.values()
        async with aclosing(
            server.service.stages.stt.stream(
                "transcribe", audio.from_pcm16(played, 24_000), TranscribeOptions(language="en")
            )
        ) as heard:
            understood = " ".join([segment.text async for segment in heard])
        assert "Paris" in understood
        assert "Paris" in done["response"]["output"][0]["content"][0]["transcript"]
