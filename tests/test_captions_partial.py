"""What was heard so far survives the run that heard it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.captions.hearing import Heard
from assistant.captions.partial import PartialTranscript
from models.types import Segment, Word

MADE_WITH = {"model": "whisper-base", "language": None}
FIRST = Heard((Segment("Good day – día.", 0.5, 1.5, "en", (Word("Good", 0.5, 0.75, 0.5),), -0.25, 0.125),), 30.0)
SECOND = Heard((), 60.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "partial.jsonl"
    with PartialTranscript(path, MADE_WITH) as partial:
        partial.append(FIRST)
        partial.append(SECOND)
    return path


def test_what_was_heard_is_taken_up_again(path: Path) -> None:
    with PartialTranscript(path, MADE_WITH) as partial:
        assert (partial.segments, partial.until_s) == (list(FIRST.segments), 60.0)


def test_what_is_heard_is_in_the_file_at_once(tmp_path: Path) -> None:
    with PartialTranscript(tmp_path / "a", MADE_WITH) as partial:
        partial.append(FIRST)
        with PartialTranscript(tmp_path / "a", MADE_WITH) as other:
            assert other.until_s == 30.0


def test_a_torn_last_line_is_dropped_wherever_it_is_torn(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    before = b"".join(lines[:-1])
    for length in range(len(lines[-1])):
        path.write_bytes(before + lines[-1][:length])
        with PartialTranscript(path, MADE_WITH) as partial:
            assert partial.until_s == 30.0
            partial.append(Heard((), 45.0))
        with PartialTranscript(path, MADE_WITH) as partial:
            assert partial.until_s == 45.0


@pytest.mark.parametrize("made_with", [{"model": "whisper-small", "language": None}, {}])
def test_what_was_heard_in_another_way_is_not_mixed_with_it(path: Path, made_with: dict[str, object]) -> None:
    with PartialTranscript(path, made_with) as partial:
        assert (partial.segments, partial.until_s) == ([], 0.0)
        partial.append(SECOND)
    with PartialTranscript(path, made_with) as partial:
        assert (partial.segments, partial.until_s) == ([], 60.0)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b'{"model": "whis', b"[]\n[]\n"])
def test_a_file_of_anything_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with PartialTranscript(tmp_path / "a", MADE_WITH) as partial:
        assert partial.until_s == 0.0
        partial.append(FIRST)
    with PartialTranscript(tmp_path / "a", MADE_WITH) as partial:
        assert partial.until_s == 30.0
