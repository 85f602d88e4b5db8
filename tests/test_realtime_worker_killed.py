"""A worker is killed in the middle of a realtime conversation: the client is told, and both conversations go on."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from realtime_server import LONG_REPLY, QUESTION, STT, Client, Server, client, pcm, serving, until

ANSWER = "Paris."
SORRY = "Sorry, something went wrong. Please say that again."
# Slow enough that what is killed is at work; every reply but the first is one word.
REPLIES = f"replies=['{LONG_REPLY}', '{ANSWER}', '{ANSWER}', '{ANSWER}']"
SLOW = f"llm.options={{pause_s=0.05, {REPLIES}}}"
FAST = f"llm.options={{{REPLIES}}}"
SLOW_VOICE = "tts.voices.tone.options={pause_s=0.05}"
SLOW_PICTURES = "image.options={pause_s=0.2, steps=50}"

# What is killed, the event after which it is at work, and what makes it slow.
MOMENTS = [
    ("llm", "conversation.item.input_audio_transcription.completed", [SLOW]),
    ("tts tone", "response.output_audio.delta", [FAST, SLOW_VOICE]),
    ("stt", "input_audio_buffer.speech_started", [FAST]),
]


def kill(server: Server, worker: str) -> None:
    pid = server.service.stages.named_workers()[worker].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def ask(talking: Client) -> None:
    """At once, with enough silence for the turn to end."""
    sound = pcm(QUESTION, then_silent_s=2.0)
    for start in range(0, len(sound), 4800):
        await talking.push(sound[start : start + 4800])


def is_told(event: dict[str, Any]) -> bool:
    return "has died" in event["text"]


async def answered(talking: Client) -> str:
    """What is answered to a typed question; waits for what is being said."""
    await until(lambda: talking.kinds.count("response.created") == talking.kinds.count("response.done"))
    await talking.write("Hello there.")
    await talking.send("response.create")
    begun = await talking.next("response.created")
    done = await talking.next("response.done", lambda event: event["response"]["id"] == begun["response"]["id"])
    return str(done["response"]["output"][0]["content"][0]["transcript"])


@pytest.mark.parametrize(("worker", "moment", "speed"), MOMENTS)
async def test_who_talks_when_a_worker_is_killed_is_told_and_both_talk_on(
    tmp_path: Path, worker: str, moment: str, speed: list[str]
) -> None:
    async with (
        serving(tmp_path, STT, *speed, "workers.mode=process") as server,
        client(server) as talking,
        client(server) as other,
    ):
        await ask(talking)
        await talking.next(moment)
        kill(server, worker)
        if worker == "stt":  # the transcript is made again, by the engine that was loaded again
            await talking.next("conversation.item.input_audio_transcription.completed")
            await talking.next("response.done")
        else:
            await talking.next("assistant.notice", is_told)
            await talking.next("response.output_audio_transcript.done", lambda event: event["transcript"] == SORRY)
        assert server.service.stages.named_workers()[worker].restarts == 1
        assert await answered(other) in (ANSWER, LONG_REPLY)
        assert await answered(talking) in (ANSWER, LONG_REPLY)
        assert talking.of("error") == other.of("error") == []
        assert not [event for event in other.of("assistant.notice") if is_told(event)]


async def test_a_reply_in_writing_that_loses_its_model_fails_with_a_code(tmp_path: Path) -> None:
    async with serving(tmp_path, SLOW, "workers.mode=process") as server, client(server) as talking:
        await talking.configure(output_modalities=["text"])
        await talking.write("A long story, please.")
        await talking.send("response.create")
        await talking.next("response.output_text.delta")
        kill(server, "llm")
        done = (await talking.next("response.done"))["response"]
        assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "engine_restarting")
        await talking.write("Hello there.")
        await talking.send("response.create")
        assert (await talking.next("response.done"))["response"]["status"] == "completed"


async def test_a_picture_whose_model_is_killed_is_given_up_and_the_next_one_comes(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, SLOW_PICTURES, "workers.mode=process") as server,
        client(server) as talking,
    ):
        await talking.write("Draw a red apple.")
        await talking.send("response.create")
        started = await talking.next("assistant.picture.progress")
        kill(server, "image")
        dropped = await talking.next("assistant.picture.dropped")
        assert dropped["picture_id"] == started["picture_id"]
        await until(lambda: talking.kinds.count("response.created") == talking.kinds.count("response.done"))
        await talking.write("Draw a green boat.")
        await talking.send("response.create")
        assert (await talking.next("assistant.picture.progress"))["picture_id"] != started["picture_id"]
