"""POST /v1/audio/transcriptions and /v1/audio/translations, asked by the official client."""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path
from typing import Any

import httpx
import openai
import pysubs2
import pytest
import webvtt
from live import silence
from realtime_server import DEADLINE_S, Server, serving, until

from models.audio import write_wav
from models.scripted.speech import spoken
from models.types import joined

SENTENCES = ("What is the capital of France?", "How many days are in a week?")
HEARD = f"stt.options={{vocabulary=['{SENTENCES[0]}', '{SENTENCES[1]}']}}"

FRENCH = HEARD.replace("{", "{language='fr', ")


def asking(server: Server) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)


@pytest.fixture
def content(recording: Path) -> bytes:
    return recording.read_bytes()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two sentences with a long pause between them."""
    path = tmp_path / "recording.wav"
    first, second = (spoken([sentence], SENTENCES) for sentence in SENTENCES)
    write_wav(path, joined([silence(0.5), first, silence(4), second, silence(0.5)]))
    return path


async def test_json_is_the_text_of_all_sentences(tmp_path: Path, recording: Path) -> None:
    async with serving(tmp_path, HEARD) as server, asking(server) as client:
        heard = await client.audio.transcriptions.create(model="whisper-1", file=recording)
    assert heard.text == " ".join(SENTENCES)


async def test_verbose_json_has_words_and_segments_in_order_of_time(tmp_path: Path, recording: Path) -> None:
    async with serving(tmp_path, HEARD) as server, asking(server) as client:
        heard = await client.audio.transcriptions.create(
            model="scripted",
            file=recording,
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
    assert heard.language == "en"
    assert heard.duration == pytest.approx(7.0, abs=0.01)
    assert heard.segments is not None
    assert heard.words is not None
    assert [segment.text for segment in heard.segments] == list(SENTENCES)
    assert [word.word for word in heard.words] == " ".join(SENTENCES).split()
    times = [time_s for word in heard.words for time_s in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0.3
    assert heard.segments[1].start > heard.segments[0].end + 2


async def test_only_the_times_that_were_asked_for_come(tmp_path: Path, recording: Path) -> None:
    async with serving(tmp_path, HEARD) as server, asking(server) as client:
        words = await client.audio.transcriptions.create(
            model="", file=recording, response_format="verbose_json", timestamp_granularities=["word"]
        )
        neither = await client.audio.transcriptions.create(model="", file=recording, response_format="verbose_json")
    assert (words.words is None, words.segments is None) == (False, True)
    assert (neither.words is None, neither.segments is None) == (True, False)


async def test_captions_and_text_can_be_read_by_others(tmp_path: Path, recording: Path) -> None:
    async with serving(tmp_path, HEARD) as server, asking(server) as client:

        async def answer(shape: Any) -> str:
            return str(await client.audio.transcriptions.create(model="", file=recording, response_format=shape))

        text, srt, vtt = await answer("text"), await answer("srt"), await answer("vtt")
    assert text.strip() == " ".join(SENTENCES)
    cues = pysubs2.SSAFile.from_string(srt)
    assert [cue.plaintext.replace("\n", " ") for cue in cues] == list(SENTENCES)
    assert 4_500 < cues[1].start < 6_500
    captions = list(webvtt.from_buffer(io.StringIO(vtt)))
    assert [caption.text.replace("\n", " ") for caption in captions] == list(SENTENCES)


async def test_a_stream_brings_each_sentence_and_then_all(tmp_path: Path, recording: Path) -> None:
    async with serving(tmp_path, HEARD) as server, asking(server) as client:
        stream = await client.audio.transcriptions.create(model="", file=recording, stream=True)
        events = [event async for event in stream]
    assert [event.type for event in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == " ".join(SENTENCES)


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # says the client of OpenAI's own translations
async def test_a_translation_is_english_and_silence_is_empty(tmp_path: Path, recording: Path) -> None:
    write_wav(tmp_path / "silence.wav", silence(3))
    async with serving(tmp_path, FRENCH) as server, asking(server) as client:
        french = await client.audio.transcriptions.create(model="", file=recording, response_format="verbose_json")
        english = await client.audio.translations.create(model="", file=recording, response_format="verbose_json")
        nothing = await client.audio.transcriptions.create(model="", file=tmp_path / "silence.wav")
    assert (french.language, french.text) == ("fr", " ".join(SENTENCES))
    assert (english.language, english.text) == ("en", " ".join(SENTENCES))
    assert nothing.text == ""


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    "content",
    [b"", b"not sound", PLAYLIST, b"RIFF\xff\xff\xff\xffWAVEfmt \x10", b"ffconcat version 1.0\nfile /etc/passwd"],
)
async def test_a_hostile_file_is_refused_and_nothing_of_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(uploads))
    async with serving(tmp_path) as server, asking(server) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.audio.transcriptions.create(model="", file=("../../evil.m3u8", content))
    assert (refused.value.code, refused.value.param) == ("invalid_file", "file")
    assert str(uploads) not in str(refused.value)
    assert "evil" not in str(refused.value)
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"model": "gpt-9"}, "model_not_found", "model"),
        ({"response_format": "docx"}, "literal_error", "response_format"),
        ({"language": "English"}, "string_pattern_mismatch", "language"),
        ({"temperature": "0.7"}, "less_than_equal", "temperature"),
        ({"stream": "true", "response_format": "srt"}, "unsupported_value", "stream"),
    ],
)
async def test_what_is_wrong_is_told_with_code_and_param(
    tmp_path: Path, content: bytes, form: dict[str, str], code: str, param: str
) -> None:
    async with serving(tmp_path) as server, httpx.AsyncClient(timeout=DEADLINE_S) as client:
        url, files = f"{server.address}/v1/audio/transcriptions", {"file": content}
        error = (await client.post(url, data=form, files=files)).json()["error"]
        missing = (await client.post(url, data={"model": ""}, files={"other": b"x"})).json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert (missing["code"], missing["param"]) == ("missing", "file")


async def test_who_leaves_while_it_is_heard_leaves_nothing_behind(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(uploads))
    async with (
        serving(tmp_path, "stt.options={pause_s=2.0}") as server,
        httpx.AsyncClient(timeout=DEADLINE_S) as client,
    ):
        files = {"file": content}
        stt = server.service.stages.stt
        request = client.build_request("POST", f"{server.address}/v1/audio/transcriptions", files=files)
        asked = asyncio.create_task(client.send(request))
        await until(lambda: stt.busy)
        asked.cancel()
        await until(lambda: not stt.busy and not list(uploads.iterdir()))
        assert stt.waiting == 0
        assert stt.times.seconds["transcribe_windows"] < 2 * 2.0  # the second sentence was not heard any more
