"""Turns that do not go as planned: failures, second thoughts, clients that want it otherwise, players that lag."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from live import MORE, said
from realtime_server import LONG_REPLY, QUESTION, STT, client, pcm, replies, serving
from test_realtime_conversation import ANSWER, transcript

SLOW = "llm.options.pause_s=0.2"


def statuses(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    details = [event["response"]["status_details"] for event in events]
    return [(detail["type"], detail.get("reason")) for detail in details]


async def test_who_goes_on_before_the_answer_is_answered_once_and_for_both(tmp_path: Path) -> None:
    slow = "llm.options.pause_s=0.8"
    async with serving(tmp_path, STT, replies(""), slow) as server, client(server) as caller:
        await caller.push(pcm(QUESTION, then_silent_s=0.6))
        await caller.next("response.created")
        await caller.push(pcm(MORE, then_silent_s=1.0))
        await caller.next("response.done")
        done = await caller.next("response.done")
        assert statuses(caller.of("response.done")) == [("cancelled", "turn_detected"), ("completed", None)]
        assert transcript(done) == f"You said: {QUESTION} {MORE}"
        completed = caller.of("conversation.item.input_audio_transcription.completed")
        assert [event["transcript"] for event in completed] == [QUESTION, MORE]


async def test_what_is_not_understood_is_told_and_apologised_for(tmp_path: Path) -> None:
    failing = f"stt.options.fail_on={list(range(1, 100))}"  # however often it is tried
    async with serving(tmp_path, STT, failing, replies(ANSWER)) as server, client(server) as caller:
        await caller.push(pcm(QUESTION, then_silent_s=3.0))
        failed = await caller.next("conversation.item.input_audio_transcription.failed")
        assert failed["item_id"] == caller.of("input_audio_buffer.committed")[0]["item_id"]
        done = await caller.next("response.done")
        assert transcript(done)
        assert caller.of("assistant.notice")
        await caller.write(QUESTION)
        await caller.send("response.create")
        await caller.next("response.done", lambda event: transcript(event) == ANSWER)


async def test_a_model_that_fails_in_the_middle_fails_its_response(tmp_path: Path) -> None:
    reply = "One two three four five six. Seven eight nine ten eleven twelve. And so on."
    failing = "tts.voices.tone.options.fail_on=[2]"
    async with serving(tmp_path, STT, replies(reply), failing) as server, client(server) as caller:
        await caller.write("Count")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert done["response"]["status"] == "failed"
        assert done["response"]["status_details"]["error"]["type"] == "server_error"
        assert reply.startswith(transcript(done))
        await caller.next("response.done")  # the apology
        await caller.write("Again")
        await caller.send("response.create")
        assert (await caller.next("response.done"))["response"]["status"] == "completed"


async def test_a_model_that_fails_in_writing_fails_its_response(tmp_path: Path) -> None:
    async with serving(tmp_path, "llm.options.fail_on=[1]") as server, client(server) as caller:
        await caller.configure(output_modalities=["text"])
        await caller.write("Count")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert done["response"]["status_details"]["error"]["code"] == "engine_failed"
        await caller.send("response.create")
        assert (await caller.next("response.done"))["response"]["status"] == "completed"


async def test_speech_ends_what_is_being_written(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(LONG_REPLY, "Yes."), SLOW) as server, client(server) as caller:
        await caller.configure(output_modalities=["text"])
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_text.delta")
        await caller.push(pcm(QUESTION, then_silent_s=1.0))
        cut = await caller.next("response.done")
        assert statuses([cut]) == [("cancelled", "turn_detected")]
        assert LONG_REPLY.startswith(cut["response"]["output"][0]["content"][0]["text"])
        done = await caller.next("response.done")
        assert done["response"]["output"][0]["content"][0]["text"] == "Yes."


async def test_a_reply_that_may_not_be_interrupted_is_said_to_its_end(tmp_path: Path) -> None:
    reply = " ".join(LONG_REPLY.split()[:15])
    async with serving(tmp_path, STT, replies(reply)) as server, client(server) as caller:
        detection = {"type": "server_vad", "silence_duration_ms": 300, "interrupt_response": False}
        await caller.configure(audio={"input": {"turn_detection": detection}})
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_audio.delta")
        await caller.push(pcm(MORE, then_silent_s=1.0))
        await caller.next("conversation.item.input_audio_transcription.completed")
        done = await caller.next("response.done")
        assert done["response"]["status"] == "completed"
        assert transcript(done) == reply
        await caller.send("response.create")  # what was said meanwhile can still be answered
        await caller.next("response.done")


async def test_a_goodbye_is_answered_and_ends_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(ANSWER)) as server, client(server) as caller:
        await caller.push(pcm("Goodbye.", then_silent_s=1.0))
        done = await caller.next("response.done")
        assert transcript(done)
        await caller.push(bytes(9_600))
        await caller.socket.wait_closed()
        assert caller.socket.close_code == 1000


async def test_commands_are_words_like_others_where_the_client_wants_it_so(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        await caller.configure(assistant={"commands": False})
        await caller.push(pcm("Goodbye.", then_silent_s=1.0))
        assert transcript(await caller.next("response.done")) == "You said: Goodbye."


async def test_history_is_cut_to_what_the_player_says_it_has_played(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(LONG_REPLY)) as server, client(server) as caller:
        await caller.configure(assistant={"lead_ms": 800})
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_audio_transcript.delta", lambda event: "2" in event["delta"])
        item_id = next(iter(caller.played))
        await caller.send("assistant.played", item_id=item_id, audio_end_ms=1000)
        await caller.send("response.cancel")
        done = await caller.next("response.done")
        assert transcript(done) == "This is sentence number 1."  # a second of it


async def test_an_echo_is_cancelled_by_the_server_where_the_client_wants_it(tmp_path: Path) -> None:
    noted = "echo.engine=webrtc"
    async with serving(tmp_path, STT, replies(ANSWER), noted) as server, client(server) as caller:
        await caller.configure(assistant={"echo": "server"})
        await caller.push(bytes(48_000))
        await caller.write("Count")
        await caller.send("response.create")
        assert (await caller.next("response.done"))["response"]["status"] == "completed"
        await caller.send("session.update", session={"assistant": {"echo": "client"}}, event_id="late")
        assert (await caller.next("error"))["error"]["param"] == "session.assistant.echo"


async def test_an_utterance_that_the_client_commits_ends_at_once(tmp_path: Path) -> None:
    unsure = "turn.options.probabilities=[0.0]"
    async with serving(tmp_path, STT, replies(""), unsure) as server, client(server) as caller:
        await caller.send("input_audio_buffer.commit")
        assert (await caller.next("error"))["error"]["code"] == "input_audio_buffer_commit_empty"
        await caller.say(said(QUESTION))
        await caller.next("input_audio_buffer.speech_started")
        await caller.send("input_audio_buffer.commit")
        assert transcript(await caller.next("response.done")) == f"You said: {QUESTION}"


async def test_an_item_can_be_truncated_while_it_is_being_spoken(tmp_path: Path) -> None:
    reply = " ".join(LONG_REPLY.split()[:15])
    async with serving(tmp_path, STT, replies(reply)) as server, client(server) as caller:
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_audio_transcript.delta", lambda event: "2" in event["delta"])
        item_id = next(iter(caller.played))
        await caller.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1000)
        await caller.next("conversation.item.truncated")
        await caller.send("response.cancel")
        assert transcript(await caller.next("response.done")) == "This is sentence number 1."


async def test_a_cough_before_the_answer_does_not_cost_the_answer(tmp_path: Path) -> None:
    slow = "llm.options.pause_s=0.3"
    async with serving(tmp_path, STT, replies("Yes it is."), slow) as server, client(server) as caller:
        await caller.push(bytes(9_600))
        await caller.write("Is it?")
        await caller.send("response.create")
        await caller.next("response.created")
        await caller.push(pcm("[coughs]", each_s=0.1, then_silent_s=0.5))
        await caller.next("assistant.speech_dropped")
        done = await caller.next("response.done")
        assert (done["response"]["status"], transcript(done)) == ("completed", "Yes it is.")


async def test_a_noisy_microphone_is_cleaned_before_it_is_listened_to(tmp_path: Path) -> None:
    async with serving(tmp_path, replies(ANSWER)) as server, client(server) as caller:
        shown = await caller.configure(audio={"input": {"noise_reduction": {"type": "near_field"}}})
        assert shown["audio"]["input"]["noise_reduction"] == {"type": "near_field"}
        rng = np.random.default_rng(1)
        hiss = (400 * rng.standard_normal(24_000 * 3)).astype(
            "<i2"
        )  # -38 dB: the scripted detector takes it for speech
        await caller.push(hiss.tobytes())
        await caller.push(bytes(48_000))
        await caller.write("Hello")
        await caller.send("response.create")
        await caller.next("response.done")
        heard = sum(event["audio_end_ms"] for event in caller.of("input_audio_buffer.speech_stopped"))
        assert heard < 2000  # it was noise soon, and no speech


async def test_who_is_silent_for_long_after_a_reply_is_spoken_to(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("Hello there.", "Are you there?", "Go on.")) as server:
        async with client(server) as caller:
            detection = {"type": "server_vad", "idle_timeout_ms": 1_000}
            await caller.configure(audio={"input": {"turn_detection": detection}})
            await caller.write("Hello")
            await caller.send("response.create")
            await caller.next("response.done")
            assert not caller.of("input_audio_buffer.timeout_triggered")
            await caller.push(bytes(48_000))
            triggered = await caller.next("input_audio_buffer.timeout_triggered")
            committed = await caller.next("input_audio_buffer.committed")
            assert committed["item_id"] == triggered["item_id"]
            assert 0 <= triggered["audio_start_ms"] <= triggered["audio_end_ms"] <= 1_000  # of what was sent
            assert transcript(await caller.next("response.done")) == "Are you there?"
            await caller.next("input_audio_buffer.timeout_triggered")  # and again, until somebody speaks
            await caller.configure(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": None}}})
            await caller.next("response.done")
        async with client(server) as quiet:
            await quiet.configure(audio={"input": {"turn_detection": detection}})
            await quiet.push(pcm(QUESTION, then_silent_s=0.1))  # nobody is hurried who is speaking
            await quiet.next("response.done")
            first = quiet.kinds.index("response.done")
            assert "input_audio_buffer.timeout_triggered" not in quiet.kinds[:first]
