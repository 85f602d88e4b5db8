"""POST /v1/audio/speech, asked by the official client: every format, as it is made, and nothing left when it leaves."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import openai
import pytest
from realtime_server import DEADLINE_S, Server, serving, until

from assistant.workers.worker import Worker
from models.audio.encoder import ENCODED_RATE_HZ, Encoder
from models.types import Audio

TEXT = "One two three four five."  # a second of the scripted voice
MANY = " ".join(f"This is sentence number {number}." for number in range(60))
SLOW = "tts.voices.tone.options={pause_s=0.05}"


def asking(server: Server) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)


def decoded(content: bytes) -> Audio:
    with av.open(io.BytesIO(content)) as container:
        rate = container.streams.audio[0].rate
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    samples = np.concatenate([frame.reshape(-1) for frame in frames]).astype(np.float32)
    return Audio(samples / (1 << 15) if np.abs(samples).max() > 2 else samples, rate)


def pitch_hz(audio: Audio) -> float:
    spectrum = np.abs(np.fft.rfft(audio.samples * np.hanning(len(audio.samples))))
    return float(np.argmax(spectrum)) * audio.sample_rate_hz / len(audio.samples)


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac", "wav"])
async def test_every_format_can_be_decoded_and_sounds_as_it_should(tmp_path: Path, audio_format: Any) -> None:
    async with serving(tmp_path) as server, asking(server) as client:
        spoken = await client.audio.speech.create(
            model="tts-1", voice="alloy", input=TEXT, response_format=audio_format
        )
    audio = decoded(spoken.content)
    assert audio.duration_s == pytest.approx(1.0, abs=0.1)  # lossy codecs pad their first and last frame
    assert pitch_hz(audio) == pytest.approx(440, abs=2)
    assert 0.2 < np.abs(audio.samples[len(audio.samples) // 2 :][:2000]).max() < 0.3


async def test_pcm_is_24_khz_and_half_speed_takes_twice_as_long(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, asking(server) as client:
        sizes = {}
        for speed in (0.5, 1.0, 2.0):
            spoken = await client.audio.speech.create(
                model="scripted", voice="tone", input=TEXT, response_format="pcm", speed=speed
            )
            sizes[speed] = len(spoken.content) // 2
    assert sizes == {0.5: 2 * ENCODED_RATE_HZ, 1.0: ENCODED_RATE_HZ, 2.0: ENCODED_RATE_HZ // 2}


async def test_sound_comes_before_the_last_sentence_is_spoken(tmp_path: Path) -> None:
    async with serving(tmp_path, SLOW) as server, asking(server) as client:
        speech = client.audio.speech.with_streaming_response
        async with speech.create(model="tts-1", voice="tone", input=MANY, response_format="mp3") as response:
            assert response.headers["content-type"] == "audio/mpeg"
            async for piece in response.iter_bytes():
                assert piece
                break
            voice = voice_of(server)
            assert voice.times.jobs["speak"] < 60


async def test_who_leaves_in_mid_speech_leaves_no_job_behind(tmp_path: Path) -> None:
    async with serving(tmp_path, SLOW) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        body = {"input": MANY, "response_format": "pcm"}
        async with client.stream("POST", f"{server.address}/v1/audio/speech", json=body) as response:
            async for _ in response.aiter_raw():
                break
        voice = voice_of(server)
        await until(lambda: not voice.busy and not voice.waiting)
        said = voice.times.jobs["speak"]
        again = await client.post(f"{server.address}/v1/audio/speech", json={"input": TEXT, "response_format": "pcm"})
        assert len(again.content) == 2 * ENCODED_RATE_HZ
        assert voice.times.jobs["speak"] == said + 1 < 60  # nothing of the first came in between


async def test_speech_as_events_is_the_same_sound(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        body = {"input": TEXT, "response_format": "pcm", "stream_format": "sse"}
        events = (await client.post(f"{server.address}/v1/audio/speech", json=body)).text
    assert events.count("speech.audio.delta") >= 10
    assert events.rstrip().endswith('{"type": "speech.audio.done"}')


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"input": TEXT, "model": "gpt-9"}, 404, "model_not_found", "model"),
        ({"input": TEXT, "voice": "caruso"}, 400, "voice_not_found", "voice"),
        ({"input": ""}, 400, "string_too_short", "input"),
        ({"input": "x" * 4097}, 400, "string_too_long", "input"),
        ({"input": "..."}, 400, "nothing_to_say", "input"),
        ({"input": TEXT, "speed": 9}, 400, "less_than_equal", "speed"),
        ({"input": TEXT, "response_format": "midi"}, 400, "literal_error", "response_format"),
        ({}, 400, "missing", "input"),
    ],
)
async def test_what_is_wrong_is_told_with_code_and_param(
    tmp_path: Path, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        answer = await client.post(f"{server.address}/v1/audio/speech", json=body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
    assert error["message"]


async def test_a_voice_that_fails_is_an_error_without_internals(tmp_path: Path) -> None:
    async with serving(tmp_path, "tts.voices.tone.options={fail_on=[1]}") as server, asking(server) as client:
        with pytest.raises(openai.InternalServerError) as failed:
            await client.audio.speech.create(model="tts-1", voice="tone", input=TEXT)
        assert failed.value.code == "engine_failed"
        assert "script" not in str(failed.value)
        assert (await client.audio.speech.create(model="tts-1", voice="tone", input=TEXT)).content


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_the_first_quarter_of_a_second_is_encoded_before_the_next_comes(audio_format: Any) -> None:
    encoder = Encoder(audio_format)
    tone = Audio(np.sin(np.arange(11_025, dtype=np.float32) / 8), 44_100)
    assert len(encoder.feed(tone)) > 500


def test_silence_without_a_sample_is_still_a_file() -> None:
    assert Encoder("wav").finish().startswith(b"RIFF")
    assert Encoder("pcm").finish() == b""


def voice_of(server: Server) -> Worker:
    return server.service.stages.named_workers()["tts tone"]
