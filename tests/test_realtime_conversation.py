"""Whole conversations over the realtime socket, with scripted engines."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live import MORE, said
from realtime_server import LONG_REPLY, QUESTION, STT, client, pcm, replies, serving

from models.audio import from_pcm16

ANSWER = "The capital of France is Paris. It lies on the Seine."
# What follows an utterance without an end of its own: silence, as a microphone would send it.
SILENT_S = 1.0


def transcript(done: dict[str, Any]) -> str:
    (item,) = done["response"]["output"]
    return str(item["content"][0]["transcript"])


async def test_a_spoken_question_is_transcribed_answered_and_spoken(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(ANSWER)) as server, client(server) as caller:
        await caller.push(pcm(QUESTION, then_silent_s=SILENT_S))
        done = await caller.next("response.done")
        heard = "conversation.item.input_audio_transcription"
        kinds = [kind for kind in dict.fromkeys(caller.kinds) if not kind.startswith("assistant.")]
        kinds.remove(f"{heard}.delta")  # as soon as there is something: perhaps while the user speaks
        assert kinds == [
            "session.created",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
            "rate_limits.updated",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_audio.delta",
            "response.output_audio_transcript.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]
        assert transcript(done) == caller.joined("response.output_audio_transcript.delta") == ANSWER
        assert caller.of(f"{heard}.completed")[0]["transcript"] == caller.joined(f"{heard}.delta") == QUESTION
        (played,) = caller.played.values()
        assert len(from_pcm16(played, 24_000).samples) == pytest.approx(11 * 0.2 * 24_000, rel=0.001)
        ids = [event["event_id"] for event in caller.events]
        assert len(set(ids)) == len(ids)


async def test_the_times_of_speech_are_those_of_the_sound_that_was_sent(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(ANSWER)) as server, client(server) as caller:
        quiet = bytes(2 * 24_000)
        await caller.push(quiet + pcm(QUESTION, each_s=2.0, then_silent_s=SILENT_S))
        started = await caller.next("input_audio_buffer.speech_started")
        stopped = await caller.next("input_audio_buffer.speech_stopped")
        assert started["audio_start_ms"] == pytest.approx(1000 - 300, abs=70)  # with the 0.3 s before the first sound
        assert stopped["audio_end_ms"] == pytest.approx(3000, abs=70)
        assert started["item_id"] == stopped["item_id"]


async def test_a_written_message_is_answered_aloud_with_the_conversation_in_mind(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        await caller.write("Ann is my name")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert transcript(done) == "You said: Ann is my name"
        assert done["response"]["status"] == "completed"
        assert done["response"]["usage"]["output_token_details"]["text_tokens"] == 6


async def test_a_reply_can_be_in_writing_only(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(ANSWER)) as server, client(server) as caller:
        await caller.configure(output_modalities=["text"])
        await caller.write("Where?")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert done["response"]["output"][0]["content"] == [{"type": "output_text", "text": ANSWER}]
        assert caller.joined("response.output_text.delta") == ANSWER
        await caller.push(pcm(QUESTION, then_silent_s=SILENT_S))
        done = await caller.next("response.done")
        assert done["response"]["output"][0]["content"][0]["text"] == ANSWER
        assert not caller.of("response.output_audio.delta")


async def test_words_over_a_reply_end_it_and_cut_the_history_to_what_was_heard(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(LONG_REPLY, "")) as server, client(server) as caller:
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_audio_transcript.delta", lambda event: "3" in event["delta"])
        await caller.say(said(MORE))
        await caller.next("input_audio_buffer.speech_started")
        cancelled = await caller.next("response.done")
        await caller.push(bytes(48_000))
        assert cancelled["response"]["status"] == "cancelled"
        assert cancelled["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        heard = transcript(cancelled)
        assert LONG_REPLY.startswith(heard)
        assert "sentence number 2" in heard
        assert "sentence number 8" not in heard
        done = await caller.next("response.done")
        assert transcript(done) == f"You said: {MORE}"
        kinds = caller.kinds
        assert kinds.index("assistant.duck") < kinds.index("assistant.hold")
        assert kinds.index("assistant.hold") < kinds.index("input_audio_buffer.speech_started")
        item_id = cancelled["response"]["output"][0]["id"]
        await caller.send("conversation.item.retrieve", item_id=item_id)
        item = (await caller.next("conversation.item.retrieved"))["item"]
        assert item["content"][0]["transcript"] == heard
        sent = base64.b64decode(item["content"][0]["audio"])
        assert sent == caller.played[item_id]


async def test_a_cough_does_not_end_a_reply_and_the_client_is_not_told_to_fall_silent(tmp_path: Path) -> None:
    reply = " ".join(LONG_REPLY.split()[:15])
    async with serving(tmp_path, STT, replies(reply)) as server, client(server) as caller:
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_audio.delta")
        await caller.say(said("[coughs]", each_s=0.4))
        await caller.push(bytes(48_000))
        await caller.next("assistant.resume")
        done = await caller.next("response.done")
        assert done["response"]["status"] == "completed"
        assert transcript(done) == reply
        assert not caller.of("input_audio_buffer.speech_started")
        assert caller.of("assistant.speech_dropped")


async def test_a_truncated_item_is_what_the_language_model_remembers(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(ANSWER, "")) as server, client(server) as caller:
        await caller.write("Where?")
        await caller.send("response.create")
        item = (await caller.next("response.done"))["response"]["output"][0]
        await caller.send("conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=1200)
        truncated = await caller.next("conversation.item.truncated")
        assert (truncated["item_id"], truncated["audio_end_ms"]) == (item["id"], 1200)
        await caller.send("conversation.item.retrieve", item_id=item["id"])
        kept = (await caller.next("conversation.item.retrieved"))["item"]["content"][0]
        assert kept["transcript"] == "The capital of France is Paris."
        assert len(base64.b64decode(kept["audio"])) == 1.2 * 48_000
        await caller.send(
            "conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=99_000, event_id="far"
        )
        error = (await caller.next("error"))["error"]
        assert (error["param"], error["event_id"]) == ("audio_end_ms", "far")


async def test_without_turn_detection_the_client_says_when_its_turn_ends(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        await caller.configure(audio={"input": {"turn_detection": None}})
        sound = pcm(QUESTION)
        for start in range(0, len(sound), 1001):  # within samples, too
            await caller.push(sound[start : start + 1001])
        await caller.send("input_audio_buffer.commit")
        committed = await caller.next("input_audio_buffer.committed")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert transcript(done) == f"You said: {QUESTION}"
        completed = caller.of("conversation.item.input_audio_transcription.completed")[0]
        assert completed["item_id"] == committed["item_id"]
        assert not caller.of("input_audio_buffer.speech_started")


async def test_a_cleared_buffer_holds_nothing_to_commit(tmp_path: Path) -> None:
    async with serving(tmp_path, STT) as server, client(server) as caller:
        await caller.configure(audio={"input": {"turn_detection": None}})
        await caller.push(pcm(QUESTION))
        await caller.send("input_audio_buffer.clear")
        await caller.next("input_audio_buffer.cleared")
        await caller.send("input_audio_buffer.commit", event_id="mine")
        error = (await caller.next("error"))["error"]
        assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "mine")


async def test_a_client_can_keep_the_answer_to_itself(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        detection = {"type": "server_vad", "silence_duration_ms": 300, "create_response": False}
        await caller.configure(audio={"input": {"turn_detection": detection}})
        await caller.push(pcm(QUESTION, then_silent_s=SILENT_S))
        await caller.next("conversation.item.input_audio_transcription.completed")
        assert not caller.of("response.created")
        await caller.send("response.create")
        done = await caller.next("response.done")
        assert transcript(done) == f"You said: {QUESTION}"


async def test_a_response_can_be_cancelled_by_the_client(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies(LONG_REPLY, "")) as server, client(server) as caller:
        await caller.write("Count")
        await caller.send("response.create")
        await caller.next("response.output_audio_transcript.delta", lambda event: "number" in event["delta"])
        await caller.send("response.create", event_id="too early")
        assert (await caller.next("error"))["error"]["code"] == "conversation_already_has_active_response"
        await caller.send("response.cancel")
        done = await caller.next("response.done")
        assert done["response"]["status_details"]["reason"] == "client_cancelled"
        assert "sentence number 8" not in transcript(done)
        await caller.send("response.cancel")
        assert (await caller.next("error"))["error"]["code"] == "response_cancel_not_active"
        await caller.write("Thanks")
        await caller.send("response.create")
        assert transcript(await caller.next("response.done")) == "You said: Thanks"


async def test_items_are_put_retrieved_and_deleted_where_the_client_wants(tmp_path: Path) -> None:
    async with serving(tmp_path, STT, replies("")) as server, client(server) as caller:
        await caller.send(
            "conversation.item.create",
            item={
                "id": "b",
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hello"}],
            },
        )
        assert (await caller.next("conversation.item.added"))["previous_item_id"] is None
        await caller.send(
            "conversation.item.create",
            previous_item_id="root",
            item={"id": "a", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Hi"}]},
        )
        assert (await caller.next("conversation.item.done"))["item"]["id"] == "b"
        await caller.next("conversation.item.done")
        await caller.write("Third", previous_item_id="b")
        assert (await caller.next("conversation.item.added"))["previous_item_id"] == "b"
        await caller.send("conversation.item.delete", item_id="b")
        assert (await caller.next("conversation.item.deleted"))["item_id"] == "b"
        await caller.send("conversation.item.retrieve", item_id="b")
        error = (await caller.next("error"))["error"]
        assert (error["code"], error["param"]) == ("item_not_found", "item_id")


@pytest.mark.parametrize(("form", "bytes_a_second"), [("audio/pcmu", 8_000), ("audio/pcma", 8_000)])
async def test_telephones_are_understood_and_answered(tmp_path: Path, form: str, bytes_a_second: int) -> None:
    from assistant.serve.realtime.audio_formats import decoded, encoded

    async with serving(tmp_path, STT, replies(ANSWER)) as server, client(server) as caller:
        sides = {"format": {"type": form}}
        shown = await caller.configure(audio={"input": sides, "output": sides})
        assert shown["audio"]["input"]["format"] == {"type": form}
        question = from_pcm16(pcm(QUESTION, then_silent_s=SILENT_S), 24_000)
        await caller.push(encoded(question, form))  # type: ignore[arg-type]
        done = await caller.next("response.done")
        assert transcript(done) == ANSWER
        (played,) = caller.played.values()
        assert len(played) == pytest.approx(11 * 0.2 * bytes_a_second, rel=0.01)
        loud = decoded(played, form).samples  # type: ignore[arg-type]
        spectrum = np.abs(np.fft.rfft(loud))
        assert np.argmax(spectrum) * 16_000 / len(loud) == pytest.approx(440, abs=2)  # the pitch of the scripted voice


async def test_two_conversations_at_once_hear_and_remember_their_own(tmp_path: Path) -> None:
    async def tell(name: str) -> list[str]:
        async with client(server) as caller:
            said = []
            for words in (f"I am {name}", f"{name} again"):
                await caller.write(words)
                await caller.send("response.create")
                said.append(transcript(await caller.next("response.done")))
            items = [event["item"]["id"] for event in caller.of("conversation.item.added")]
            ids.append(set(items))
            return said

    ids: list[set[str]] = []
    async with serving(tmp_path, STT, replies("")) as server:
        both = await asyncio.gather(tell("Ann"), tell("Bob"))
        assert both == [[f"You said: I am {name}", f"You said: {name} again"] for name in ("Ann", "Bob")]
        assert not ids[0] & ids[1]
        async with client(server) as stranger:
            await stranger.send("conversation.item.retrieve", item_id=ids[0].pop())
            assert (await stranger.next("error"))["error"]["code"] == "item_not_found"
