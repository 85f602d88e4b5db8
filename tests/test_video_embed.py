"""Captions as a track: there when it is read again, and nothing else changed."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from media_files import encoded
from videos import Shape, file_begins_s, packets, track, video

from models.errors import AudioError, VideoError
from models.video import container_for, embed

CAPTIONS = [(0.25, 1.0, "Hello\nworld"), (1.0, 1.7, "次の字幕 — مرحبا 🎉"), (2.1, 2.8, "a & b <i> {c}")]


def shifted(captions: list[tuple[float, float, str]], plain: Path) -> list[tuple[object, object, str]]:
    """By the time at which the file begins, which is where those of the captions are counted from."""
    begin_s = file_begins_s(plain)
    return [
        (pytest.approx(begin_s + start_s, abs=0.002), pytest.approx(begin_s + end_s, abs=0.002), text)
        for start_s, end_s, text in captions
    ]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_the_track_is_read_back_and_the_other_streams_keep_each_bit(tmp_path: Path, ending: str) -> None:
    plain, captioned = video(tmp_path / f"plain{ending}"), tmp_path / f"captioned{ending}"
    shares: list[float] = []
    embed(plain, CAPTIONS, "de", captioned, shares.append)
    assert list(track(captioned)) == shifted(CAPTIONS, plain)
    assert packets(captioned) == packets(plain)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with av.open(captioned) as container:
        (stream,) = container.streams.subtitles
        assert stream.language in ("deu", "ger")  # Matroska has a code of its own for German
        assert stream.disposition & stream.disposition.default
        assert container.streams.audio[0].language in ("fra", "fre")
        assert container.metadata["title"] == "A title"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([plain.name, captioned.name])


def test_a_webm_has_its_captions_escaped_as_webvtt(tmp_path: Path) -> None:
    plain, captioned = video(tmp_path / "plain.webm"), tmp_path / "captioned.webm"
    embed(plain, CAPTIONS, "en", captioned)
    assert [text for *_, text in track(captioned)] == [*(text for *_, text in CAPTIONS[:2]), "a &amp; b &lt;i&gt; {c}"]
    assert packets(captioned) == packets(plain)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.mka", "aac"), ("a.mp3", "libmp3lame"), ("a.wav", "pcm_s16le")]
)
def test_a_recording_without_a_picture_can_have_captions(tmp_path: Path, name: str, codec: str) -> None:
    plain = encoded(tmp_path / name, codec, 44_100, 1)
    captioned = (tmp_path / "captioned").with_suffix(container_for(plain))
    embed(plain, [(0.1, 0.9, "Hello")], "", captioned)
    assert list(track(captioned)) == shifted([(0.1, 0.9, "Hello")], plain)
    assert [bits for *_, bits in packets(captioned)] == [bits for *_, bits in packets(plain)]


def test_a_second_track_is_not_the_default_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first.mkv", tmp_path / "second.mkv"
    embed(video(tmp_path / "plain.mkv"), CAPTIONS, "en", first)
    embed(first, [(0.5, 1.5, "Hallo")], "nl", second)
    with av.open(second) as container:
        assert [bool(s.disposition & s.disposition.default) for s in container.streams.subtitles] == [True, False]
        assert [s.language for s in container.streams.subtitles] == ["eng", "nld"]
    assert [text for *_, text in track(second)] == ["Hallo"]


def test_captions_are_counted_from_where_the_file_begins(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.ts", starts_s=1.4)  # as those of broadcasters do, at any time
    captioned = tmp_path / "captioned.mkv"
    embed(plain, [(0.5, 1.5, "Hello")], "en", captioned)
    assert file_begins_s(plain) > 1
    assert list(track(captioned)) == shifted([(0.5, 1.5, "Hello")], plain)


def test_what_the_container_cannot_hold_is_told(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.avi")
    assert container_for(plain) == ".mkv"
    with pytest.raises(VideoError, match=r"captions cannot be put into such a file; .* \.mp4"):
        embed(plain, CAPTIONS, "en", tmp_path / "captioned.avi")
    with pytest.raises(VideoError, match=r"does not support .* give the output a name that ends in \.mkv"):
        embed(plain, CAPTIONS, "en", tmp_path / "captioned.webm")
    assert list(tmp_path.iterdir()) == [plain]


def test_the_recording_itself_is_never_overwritten(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mkv")
    before = plain.read_bytes()
    with pytest.raises(VideoError, match="is the recording itself"):
        embed(plain, CAPTIONS, "en", plain)
    assert plain.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"ffconcat version 1.0\nfile /etc/hostname\n", b"#EXTM3U\nx.ts\n", b"\0" * 5000]
)
def test_a_hostile_file_is_refused_and_nothing_is_left(tmp_path: Path, content: bytes) -> None:
    plain = tmp_path / "plain.mp4"
    plain.write_bytes(content)
    with pytest.raises(AudioError):
        embed(plain, CAPTIONS, "en", tmp_path / "captioned.mp4")
    assert list(tmp_path.iterdir()) == [plain]


def test_a_file_that_breaks_off_is_captioned_as_far_as_it_goes(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mkv")
    plain.write_bytes(plain.read_bytes()[:-4000])
    embed(plain, CAPTIONS, "en", tmp_path / "captioned.mkv")
    assert packets(tmp_path / "captioned.mkv") == packets(plain)


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4")

    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(plain, CAPTIONS, "en", tmp_path / "captioned.mp4", stop)
    assert list(tmp_path.iterdir()) == [plain]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4")
    with pytest.raises(VideoError, match="cannot be written: No such file"):
        embed(plain, CAPTIONS, "en", tmp_path / "none" / "captioned.mp4")


def test_a_turned_picture_stays_turned(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.mp4", Shape(rotation=90))
    embed(plain, CAPTIONS, "en", tmp_path / "captioned.mp4")
    with av.open(tmp_path / "captioned.mp4") as container:
        assert next(container.decode(video=0)).rotation == 90


def test_a_file_of_streams_of_no_known_kind_is_told(tmp_path: Path) -> None:
    plain = video(tmp_path / "plain.avi")
    plain.write_bytes(plain.read_bytes().replace(b"vids", b"what").replace(b"auds", b"what"))
    with pytest.raises(VideoError, match="neither sound nor a picture"):
        embed(plain, CAPTIONS, "en", tmp_path / "captioned.mkv")
    assert list(tmp_path.iterdir()) == [plain]
