"""Files, folders and lists as sources of recordings."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from media_files import encoded
from media_server import silent_video

from assistant.sources.expand import expand
from assistant.sources.files import check_media
from assistant.sources.item import Item, ItemFailed, Reason, Unlisted
from assistant.sources.rules import SourceRules


def found(*sources: object) -> list[Item | Unlisted]:
    return list(expand([str(source) for source in sources], SourceRules()))


def names(entries: list[Item | Unlisted]) -> list[str]:
    return [Path(entry.address).name for entry in entries if isinstance(entry, Item)]


def reasons(entries: list[Item | Unlisted]) -> list[Reason]:
    return [entry.failure.reason for entry in entries if isinstance(entry, Unlisted)]


def touched(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_is_one_recording_whatever_its_ending(tmp_path: Path) -> None:
    path = touched(tmp_path / "voice memo.xyz")
    (item,) = found(path)
    assert isinstance(item, Item)
    assert (item.title, item.address, item.is_local) == ("voice memo", str(path), True)
    assert item.key.startswith("file:")


def test_a_folder_gives_its_recordings_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ["b.MP3", "a.wav", "c/d.mkv", "notes.txt", "a.srt", ".hidden.mp3", ".captions/1.mp3", "c/.git/x.mp3"]:
        touched(tmp_path / name)
    assert names(found(tmp_path)) == ["a.wav", "b.MP3", "d.mkv"]


def test_equal_names_in_two_folders_are_two_recordings(tmp_path: Path) -> None:
    first, second = touched(tmp_path / "d1" / "a.mp3"), touched(tmp_path / "d2" / "a.mp3")
    keys = {entry.key for entry in found(first, second) if isinstance(entry, Item)}
    assert len(keys) == 2


def test_the_same_file_by_several_ways_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = touched(tmp_path / "a.mp3")
    (tmp_path / "link.mp3").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    assert names(found(path, "a.mp3", f"{tmp_path}/../{tmp_path.name}/a.mp3", tmp_path)) == ["a.mp3"]


def test_a_changed_file_is_another_recording(tmp_path: Path) -> None:
    path = touched(tmp_path / "a.mp3")
    (before,) = found(path)
    path.write_bytes(b"something longer")
    (after,) = found(path)
    assert isinstance(before, Item)
    assert isinstance(after, Item)
    assert before.key != after.key


def test_links_between_folders_that_form_a_loop_come_to_an_end(tmp_path: Path) -> None:
    touched(tmp_path / "a" / "one.mp3")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a", target_is_directory=True)
    assert names(found(tmp_path)) == ["one.mp3"]


def test_a_link_to_nowhere_in_a_folder_is_reported_and_the_rest_is_found(tmp_path: Path) -> None:
    touched(tmp_path / "b.mp3")
    (tmp_path / "a.mp3").symlink_to(tmp_path / "missing.mp3")
    entries = found(tmp_path)
    assert (names(entries), reasons(entries)) == (["b.mp3"], [Reason.NOT_FOUND])


def test_what_is_not_there_and_what_holds_nothing_have_reasons(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert reasons(found(tmp_path / "none.mp3", tmp_path / "empty")) == [Reason.NOT_FOUND, Reason.EMPTY]


def test_a_name_that_is_no_text_has_a_title_that_is(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.mp3"
    with open(path, "wb") as file:
        file.write(b"x")
    (item,) = found(tmp_path)
    assert isinstance(item, Item)
    item.title.encode("utf-8")
    assert Path(item.address).exists()


def test_a_file_address_is_refused(tmp_path: Path) -> None:
    path = touched(tmp_path / "a.mp3")
    assert reasons(found(f"file://{path}", "FILE:///etc/passwd", "ftp://example.org/a.mp3")) == [Reason.REFUSED] * 3


def test_a_list_names_sources_relative_to_its_folder(tmp_path: Path) -> None:
    for name in ["lists/a.mp3", "b.mp3", "more/c.mp3", "more/d.mp3"]:
        touched(tmp_path / name)
    (tmp_path / "lists" / "list.txt").write_text("\ufeff# mine\n\n a.mp3 \n../b.mp3\n@deeper.txt\nfile:///etc/passwd\n")
    (tmp_path / "lists" / "deeper.txt").write_text("../more\n")
    entries = found(f"@{tmp_path}/lists/list.txt")
    assert names(entries) == ["a.mp3", "b.mp3", "c.mp3", "d.mp3"]
    assert reasons(entries) == [Reason.REFUSED]


def test_lists_that_hold_themselves_come_to_an_end(tmp_path: Path) -> None:
    touched(tmp_path / "a.mp3")
    (tmp_path / "one.txt").write_text("@two.txt\na.mp3\n")
    (tmp_path / "two.txt").write_text("@one.txt\n")
    entries = found(f"@{tmp_path}/one.txt")
    assert (names(entries), reasons(entries)) == (["a.mp3"], [Reason.REFUSED])


def test_lists_are_nested_only_so_deep(tmp_path: Path) -> None:
    touched(tmp_path / "a.mp3")
    for depth in range(20):
        (tmp_path / f"{depth}.txt").write_text(f"@{depth + 1}.txt\n")
    (tmp_path / "20.txt").write_text("a.mp3\n")
    assert reasons(found(f"@{tmp_path}/0.txt")) == [Reason.REFUSED]
    assert names(found(f"@{tmp_path}/15.txt")) == ["a.mp3"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a" * 10_000])
def test_something_else_than_a_list_is_reported(tmp_path: Path, content: bytes) -> None:
    path = touched(tmp_path / "list.txt", content)
    assert reasons(found(f"@{path}", f"@{tmp_path}/none.txt", f"@{tmp_path}")) == [
        Reason.BROKEN,
        Reason.NOT_FOUND,
        Reason.BROKEN,
    ]


def test_a_list_comes_from_standard_input_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = touched(tmp_path / "a.mp3")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"# from another program\n{path}\n-\n"))
    entries = found("-")
    assert (names(entries), reasons(entries)) == (["a.mp3"], [Reason.UNSUPPORTED])


def test_recordings_are_found_only_as_they_are_asked_for(tmp_path: Path) -> None:
    path = touched(tmp_path / "a.mp3")

    def sources() -> Iterator[str]:
        yield str(path)
        raise AssertionError("asked for more than was needed")

    assert isinstance(next(expand(sources(), SourceRules())), Item)  # type: ignore[arg-type]


def test_a_file_is_judged_by_its_content(tmp_path: Path) -> None:
    check_media(encoded(tmp_path / "a.mp3", "libmp3lame", 44_100, 1), "a")
    bad = {
        Reason.EMPTY: touched(tmp_path / "empty.mp3", b""),
        Reason.BROKEN: touched(tmp_path / "page.mp3", b"<!DOCTYPE html><html></html>"),
        Reason.NO_AUDIO: touched(tmp_path / "silent.mp4", silent_video()),
        Reason.NOT_FOUND: tmp_path / "none.mp3",
    }
    for reason, path in bad.items():
        with pytest.raises(ItemFailed) as caught:
            check_media(path, "a")
        assert caught.value.reason is reason


def test_a_playlist_of_local_files_that_is_called_mp3_is_broken(tmp_path: Path) -> None:
    encoded(tmp_path / "secret.wav", "pcm_s16le", 16_000, 1)
    path = touched(tmp_path / "a.mp3", b"ffconcat version 1.0\nfile secret.wav\n")
    with pytest.raises(ItemFailed) as caught:
        check_media(path, "a")
    assert caught.value.reason is Reason.BROKEN
