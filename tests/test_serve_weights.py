"""The server with real models, asked by the official client: what it says, it hears again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from realtime_server import serving

from assistant.bench.word_errors import error_rate

pytestmark = [
    pytest.mark.weights,
    # openai-whisper never closes the file of its vocabulary, which shows whenever the garbage is collected.
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <_io.FileIO name='.*\.tiktoken'"),
]
SENTENCE = "The weather is nice today, so we will walk to the old town after lunch."


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


async def test_what_the_server_says_and_what_people_say_is_heard(weights: Callable[[str], Path], speech: Any) -> None:
    for name in ("whisper-base", "smollm2-135m-instruct", "piper-joe", "silero-vad"):
        weights(name)
    clip = min((clip for clip in speech if clip.language == "en"), key=lambda clip: clip.path.stat().st_size)
    async with (
        serving(None, "workers.mode=process", profile="embedded") as server,
        openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0) as client,
    ):
        person = await client.audio.transcriptions.create(
            model="whisper-1", file=clip.path, response_format="verbose_json", timestamp_granularities=["word"]
        )
        spoken = await client.audio.speech.create(model="tts-1", voice="joe", input=SENTENCE, response_format="opus")
        again = await client.audio.transcriptions.create(model="whisper-1", file=("speech.ogg", spoken.content))
        reply = await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "What is the capital of France?"}], max_tokens=24
        )
        with pytest.raises(openai.BadRequestError, match="does not know the language"):
            await client.audio.transcriptions.create(model="whisper-1", file=clip.path, language="xx")
    assert person.words
    assert error_rate([(words(clip.transcript), words(person.text))]) < 0.2
    assert error_rate([(words(SENTENCE), words(again.text))]) < 0.3
    assert "Paris" in (reply.choices[0].message.content or "")
    assert reply.usage is not None
    assert reply.usage.prompt_tokens > 10
    assert 1 <= reply.usage.completion_tokens <= 24
