"""Caption files as they are found in the world, and those that nobody should make."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.captions import formats
from assistant.captions.cue import Cue
from assistant.errors import FileUnusable

TIMES = "00:00:01,000 --> 00:00:02,500"


def read(folder: Path, content: str | bytes, name: str = "captions.srt") -> list[Cue]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return formats.read(path)


def texts(cues: list[Cue]) -> list[str]:
    return [cue.text for cue in cues]


@pytest.mark.parametrize(
    "content",
    [
        f"1\n{TIMES}\nOne\ntwo\n\n2\n00:00:03,000 --> 00:00:04,000\nThree\n",
        f"1\r\n{TIMES}\r\nOne\r\ntwo\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nThree",
        f"\ufeff1\n{TIMES}\nOne\ntwo\n2\n00:00:03,000 --> 00:00:04,000\nThree\n\n\n",
        f"{TIMES}\nOne\ntwo\n\n00:00:03.000-->00:00:04.000\nThree\n",
        "1\n0:0:1,0 --> 0:0:2,5 X1:100 X2:200\n\nOne\ntwo\n\n\n2\n00:03,000 --> 00:04,000\nThree\n",
    ],
)
def test_subrip_in_all_its_states_is_read(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content.replace("-->0", "--> 0")) == [
        Cue(1.0, 2.5, ("One", "two")),
        Cue(3.0, 4.0, ("Three",)),
    ]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-8", "Größe — 字"), ("utf-8-sig", "Größe"), ("utf-16", "Größe 字"), ("cp1252", "Größe — €")],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, text: str) -> None:
    assert texts(read(tmp_path, f"1\n{TIMES}\n{text}\n".encode(encoding))) == [text]


def test_markup_is_not_part_of_the_text(tmp_path: Path) -> None:
    assert texts(read(tmp_path, f"1\n{TIMES}\n{{\\an8}}<i>One</i> <font color='#fff'>1 < 2</font> <unknown>\n")) == [
        "One 1 < 2 <unknown>"
    ]


def test_a_year_on_a_line_of_its_own_is_text(tmp_path: Path) -> None:
    assert texts(read(tmp_path, f"1\n{TIMES}\nIn\n1984\n\n2\n{TIMES}\n2001\n\n3\n{TIMES}\n\n")) == [
        "In\n1984",
        "2001",
        "",
    ]


def test_webvtt_with_notes_styles_names_and_settings_is_read(tmp_path: Path) -> None:
    content = (
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE not shown\n\nintro\n"
        "00:01.000 --> 00:02.500 align:start\n<v Roger>Fish &amp; <00:00:01.500><c>chips</c>\n\nNOTE\nnor is this\n\n"
        "100:00:00.000 --> 100:00:01.000\nLate\n"
    )
    assert read(tmp_path, content) == [Cue(1.0, 2.5, ("Fish & chips",)), Cue(360_000.0, 360_001.0, ("Late",))]


@pytest.mark.parametrize("name", ["captions.ass", "captions.ssa", "captions.srt"])
def test_substation_alpha_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    content = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Marked, Start, End, Style, Text\n"
        "Comment: 0,0:00:00.00,0:00:01.00,Default,no\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,{\\k10}One,\\Ntwo\\hthree\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,{\\p1}m 0 0 l 1 1\n"
    )
    assert read(tmp_path, content, name) == [Cue(1.0, 2.5, ("One,", "two\u00a0three"))]


def test_ttml_with_frames_ticks_lengths_and_spans_is_read(tmp_path: Path) -> None:
    content = (
        '<?xml version="1.0" encoding="UTF-16"?>\n<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en-GB"'
        ' xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" ttp:tickRate="1000"><body><div>'
        '<p begin="00:00:01:05" end="2500t">One\n   <span>and</span><br/>two</p>'
        '<p begin="1.5m" dur="500ms" xml:lang="fr">Trois</p><p>never shown</p></div></body></tt>'
    )
    assert read(tmp_path, content, "x.dfxp") == [
        Cue(1.2, 2.5, ("One and", "two"), language="en"),
        Cue(90.0, 90.5, ("Trois",), language="fr"),
    ]


BOMB = (
    '<!DOCTYPE tt [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize("doctype", [BOMB, '<!DOCTYPE tt [<!ENTITY i SYSTEM "file:///etc/passwd">]>', "<!DOCTYPE tt>"])
def test_a_document_that_declares_entities_is_refused(tmp_path: Path, doctype: str) -> None:
    with pytest.raises(FileUnusable, match="DOCTYPE"):
        read(tmp_path, f'<?xml version="1.0"?>{doctype}<tt><p begin="1s" end="2s">&i;</p></tt>', "x.ttml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Just some prose.\n", "holds no captions"),
        (b"ID3\x00\x00\x00audio", "not a text file"),
        ("<html><p>x</p></html>", "its root is <html>"),
        ("<tt><p begin='1s' end='2s'>", "cannot be read as TTML"),
        ("<tt><p begin='soon' end='2s'>x</p></tt>", "'soon' is not a time"),
        ("<tt frameRate='0'><p begin='3f' end='9f'>x</p></tt>", "cannot be read as TTML"),
        ("<tt frameRate='1e999999999'/>", "cannot be read as TTML"),
        ("[Script Info]\n[Events]\nDialogue: what\n", "line 3: this is not a line of captions"),
        ("[Script Info]\n[Events]\nDialogue: 0,now,then,,,,,,,x\n", "line 3"),
    ],
)
def test_what_is_no_caption_file_is_told(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(FileUnusable, match=message):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="cannot be read: No such file"):
        formats.read(tmp_path / "none.srt")
    with pytest.raises(FileUnusable, match="is a directory"):
        formats.read(tmp_path)


@pytest.mark.parametrize("content", ["", "WEBVTT\n"])
def test_a_file_without_cues_is_a_file_of_captions(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == []


def test_a_deeply_nested_document_is_read(tmp_path: Path) -> None:
    inner = '<p begin="1s" end="2s">' + "<span>" * 20_000 + "deep" + "</span>" * 20_000 + "</p>"
    content = "<tt>" + "<div>" * 20_000 + inner + "</div>" * 20_000 + "</tt>"
    assert texts(read(tmp_path, content, "x.ttml")) == ["deep"]


def test_what_is_wrong_in_a_file_is_left_for_the_check_to_find(tmp_path: Path) -> None:
    backwards = read(tmp_path, "1\n00:00:05,000 --> 00:00:02,000\nBackwards\n")
    assert backwards == [Cue(5.0, 2.0, ("Backwards",))]
