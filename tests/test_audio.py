"""Sound at the edges: any file people have, hostile ones too, PCM16, WAV, and changing the rate."""

from __future__ import annotations

import os
import tracemalloc
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_files import encoded, tone

from models import audio
from models.errors import AudioError
from models.types import Audio, joined


def pitch_hz(sound: Audio) -> float:
    middle = sound.between(0.2, 0.8).samples
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(spectrum.argmax()) * sound.sample_rate_hz / len(middle)


@pytest.mark.parametrize(
    ("name", "codec", "sample_rate_hz", "channels"),
    [
        ("8bit.wav", "pcm_u8", 8_000, 1),
        ("16bit.wav", "pcm_s16le", 96_000, 2),
        ("24bit.wav", "pcm_s24le", 44_100, 2),
        ("32bit.wav", "pcm_s32le", 48_000, 1),
        ("float.wav", "pcm_f32le", 22_050, 1),
        ("double.wav", "pcm_f64le", 16_000, 1),
        ("law.wav", "pcm_mulaw", 8_000, 1),
        ("22channels.wav", "pcm_s16le", 48_000, 22),
        ("a.flac", "flac", 44_100, 2),
        ("a.mp3", "libmp3lame", 44_100, 2),
        ("a.m4a", "aac", 48_000, 2),
        ("a.ogg", "libopus", 48_000, 1),
        ("surround.ogg", "libopus", 48_000, 8),
        ("surround.mp4", "aac", 48_000, 8),
        ("a.mkv", "ac3", 48_000, 2),
        ("a.aiff", "pcm_s16be", 44_100, 1),
    ],
)
def test_files_of_all_kinds_sound_the_same(
    tmp_path: Path, name: str, codec: str, sample_rate_hz: int, channels: int
) -> None:
    sound = audio.read(encoded(tmp_path / name, codec, sample_rate_hz, channels))
    assert sound.sample_rate_hz == audio.SPEECH_RATE_HZ
    assert sound.samples.dtype == np.float32
    assert sound.duration_s == pytest.approx(1.0, abs=0.1)  # lossy codecs pad
    assert pitch_hz(sound) == pytest.approx(440, abs=3)
    assert np.abs(sound.between(0.2, 0.8).samples).max() == pytest.approx(0.5, abs=0.06)  # the bass channel has no tone


def test_the_sound_of_a_video_is_read(tmp_path: Path) -> None:
    sound = audio.read(encoded(tmp_path / "clip.mp4", "aac", 44_100, 2, picture=True))
    assert pitch_hz(sound) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("name", ["tagged.mp3", "tagged.wav", "tagged.m4a"])
def test_tags_that_are_not_unicode_do_no_harm(tmp_path: Path, name: str) -> None:
    codec = {".mp3": "libmp3lame", ".wav": "pcm_s16le", ".m4a": "aac"}[Path(name).suffix]
    path = encoded(tmp_path / name, codec, 44_100, 1)
    content = path.read_bytes()
    assert b"Lavf" in content  # the name of the program that wrote the file
    path.write_bytes(content.replace(b"Lavf", b"L\xe4vf"))
    assert pitch_hz(audio.read(path)) == pytest.approx(440, abs=3)


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    with av.open(tmp_path / "silent.mp4", "w") as container:
        video = container.add_stream("mpeg4", rate=5)
        video.width = video.height = 16
        video.pix_fmt = "yuv420p"
        container.mux(video.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(video.encode(None))
    with pytest.raises(AudioError, match="no audio stream"):
        audio.read(tmp_path / "silent.mp4")


def bad_file(folder: Path, kind: str) -> Path:
    path = folder / "bad.wav"
    if kind == "directory":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("This is not music. " * 200)
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(20_000))
    elif kind == "header only":
        audio.write_wav(path, tone(16_000))
        path.write_bytes(path.read_bytes()[:44])
    elif kind == "pipe":
        os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "no such file"),
        ("directory", "is a directory"),
        ("pipe", "not a regular file"),
        ("empty", "empty"),
        ("text", "cannot be read as an audio or video file"),
        ("noise", "cannot be read as an audio or video file|no sound that can be decoded"),
        ("header only", "no sound that can be decoded"),
    ],
)
def test_a_file_that_is_not_audio_is_refused_in_one_clear_line(tmp_path: Path, kind: str, message: str) -> None:
    path = bad_file(tmp_path, kind)
    with pytest.raises(AudioError, match=message) as caught:
        audio.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3"])
def test_a_truncated_file_gives_what_is_there(tmp_path: Path, name: str) -> None:
    codec = {"a.wav": "pcm_s16le", "a.flac": "flac", "a.mp3": "libmp3lame"}[name]
    path = encoded(tmp_path / name, codec, 16_000, 1)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    assert 0.1 < audio.read(path).duration_s < 0.8


@pytest.mark.parametrize(
    ("name", "playlist"),
    [
        ("concat.mp3", "ffconcat version 1.0\nfile '{target}'\n"),
        ("hls.mp3", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n"),
        ("hls.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{target}\n#EXT-X-ENDLIST\n"),
        ("dash.wav", '<?xml version="1.0"?><MPD><Period><BaseURL>file://{target}</BaseURL></Period></MPD>'),
        ("session.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"),
    ],
)
def test_a_playlist_reaches_no_other_file(tmp_path: Path, name: str, playlist: str) -> None:
    secret = tmp_path / "secret.wav"
    audio.write_wav(secret, tone(16_000))
    (tmp_path / name).write_text(playlist.format(target=secret))
    with pytest.raises(AudioError):
        audio.read(tmp_path / name)


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    audio.write_wav(Path("secret.wav"), tone(16_000))
    with pytest.raises(AudioError, match="no such file"):
        audio.read(Path("concat:secret.wav"))
    audio.write_wav(Path("concat:a|b #1.wav"), tone(16_000))
    assert audio.read(Path("concat:a|b #1.wav")).duration_s == 1


@pytest.mark.parametrize("sample_rate_hz", [1, 2_000_000_000])
def test_a_rate_that_no_recorder_has_is_refused(tmp_path: Path, sample_rate_hz: int) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, sample_rate_hz, 0, "NONE", ""))
        file.writeframes(bytes(2_000))
    with pytest.raises(AudioError, match=f"claims {sample_rate_hz} samples per second"):
        audio.read(tmp_path / "a.wav")


def test_nan_and_infinity_in_a_float_file_are_silence(tmp_path: Path) -> None:
    samples = tone(16_000).samples.copy()
    samples[1000:2000] = np.nan
    samples[3000] = np.inf
    path = encoded(tmp_path / "float.wav", "pcm_f32le", 16_000, 1)
    content = path.read_bytes()
    start = content.index(b"data") + 8
    path.write_bytes(content[:start] + samples.astype("<f4").tobytes())
    sound = audio.read(path)
    assert np.isfinite(sound.samples).all()
    assert not sound.samples[1000:2000].any()
    assert sound.samples[3000] == 0
    np.testing.assert_allclose(sound.samples[4000:], samples[4000:], atol=1e-6)


def test_reading_stops_at_the_longest_length(tmp_path: Path) -> None:
    audio.write_wav(tmp_path / "a.wav", tone(16_000, 5.0))
    with pytest.raises(AudioError, match="longer than 3 s"):
        audio.read(tmp_path / "a.wav", longest_s=3.0)


def test_ten_minutes_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8_000, 600 * 8_000, "NONE", ""))
        file.writeframesraw(b"")
    with path.open("r+b") as raw:  # a hole in the file: ten minutes of 8-bit sound that take no space
        raw.truncate(44 + 600 * 8_000)
        raw.seek(4)
        raw.write((36 + 600 * 8_000).to_bytes(4, "little"))
        raw.seek(40)
        raw.write((600 * 8_000).to_bytes(4, "little"))
    tracemalloc.start()
    try:
        length_s = sum(block.duration_s for block in audio.read_blocks(path, 8_000, block_s=10.0))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length_s == pytest.approx(600)
    assert peak_bytes < 10 << 20  # all of it would take 19 MB as float samples


def test_blocks_have_the_length_that_was_asked_for(tmp_path: Path) -> None:
    audio.write_wav(tmp_path / "a.wav", tone(44_100, 1.1))
    lengths = [len(block.samples) for block in audio.read_blocks(tmp_path / "a.wav", block_s=0.25)]
    assert lengths == [4000, 4000, 4000, 4000, 1600]


@given(st.binary(max_size=2000).filter(lambda pcm: len(pcm) % 2 == 0))
def test_pcm16_survives_the_way_to_float_and_back(pcm: bytes) -> None:
    assert audio.to_pcm16(audio.from_pcm16(pcm, 16_000)) == pcm


def test_what_is_too_loud_for_pcm16_is_clipped_and_nan_is_silence() -> None:
    loud = Audio(np.array([2.0, -2.0, np.nan, np.inf], np.float32), 16_000)
    assert np.frombuffer(audio.to_pcm16(loud), "<i2").tolist() == [32767, -32768, 0, 32767]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioError, match="3 bytes"):
        audio.from_pcm16(b"abc", 16_000)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000]),
    st.sampled_from([8_000, 16_000, 24_000, 48_000]),
    st.lists(st.integers(0, 3000), min_size=1, max_size=6),
)
def test_resampling_in_pieces_is_resampling_at_once(input_hz: int, output_hz: int, sizes: list[int]) -> None:
    sound = Audio(np.random.default_rng(0).uniform(-0.5, 0.5, sum(sizes)).astype(np.float32), input_hz)
    resampler = audio.Resampler(input_hz, output_hz)
    ends = np.cumsum(sizes)
    pieces = [Audio(sound.samples[end - size : end], input_hz) for size, end in zip(sizes, ends, strict=True)]
    streamed = joined([*map(resampler.feed, pieces), resampler.flush()])
    assert len(streamed.samples) == round(sum(sizes) * output_hz / input_hz)
    np.testing.assert_allclose(streamed.samples, audio.resample(sound, output_hz).samples, atol=1e-5)


@pytest.mark.parametrize(("input_hz", "output_hz"), [(44_100, 16_000), (16_000, 48_000), (24_000, 16_000)])
def test_a_resampled_tone_stays_where_it_was(input_hz: int, output_hz: int) -> None:
    there = audio.resample(tone(input_hz), output_hz).between(0.1, 0.9).samples
    np.testing.assert_allclose(there, tone(output_hz).between(0.1, 0.9).samples, atol=1e-4)


def test_what_the_new_rate_cannot_hold_is_gone() -> None:
    above = audio.resample(tone(48_000, frequency_hz=9_000), 16_000).between(0.1, 0.9).samples
    assert np.abs(above).max() < 1e-4


def test_a_chunk_of_another_rate_is_refused() -> None:
    with pytest.raises(AudioError, match="48000 Hz"):
        audio.Resampler(16_000, 8_000).feed(tone(48_000))


def test_chunks_become_one_file(tmp_path: Path) -> None:
    with audio.WavWriter(tmp_path / "reply.wav") as writer:
        for _ in range(3):
            writer.write(tone(22_050, 0.5))
        assert not (tmp_path / "reply.wav").exists()
    with wave.open(str(tmp_path / "reply.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        assert file.getnframes() == 3 * 11_025


def test_a_broken_off_recording_leaves_no_file(tmp_path: Path) -> None:
    def record() -> None:
        with audio.WavWriter(tmp_path / "reply.wav") as writer:
            writer.write(tone(16_000))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record()
    assert not list(tmp_path.iterdir())


def test_a_chunk_of_another_rate_spoils_the_file(tmp_path: Path) -> None:
    def record() -> None:
        with audio.WavWriter(tmp_path / "reply.wav") as writer:
            writer.write(tone(16_000))
            writer.write(tone(8_000))

    with pytest.raises(AudioError, match="8000 Hz"):
        record()
    assert not list(tmp_path.iterdir())


def test_a_file_in_a_missing_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be written: No such file or directory"):
        audio.write_wav(tmp_path / "missing" / "a.wav", tone(16_000))
