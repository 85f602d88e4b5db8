"""Names of captions: readable, safe on every file system, and no two the same on any."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.captions.names import folded, free_name, safe_name, whole_letters

RIGHT_TO_LEFT_OVERRIDE = "\u202e"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Déjà vu: what is it?", "Déjà vu- what is it-"),
        ("Wie geht's? 😀 – 第一課", "Wie geht's- 😀 – 第一課"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("CON", "_CON"),
        ("lpt1.final", "_lpt1.final"),
        ("COM²", "_COM²"),
        ("console", "console"),
        ("The end. . .", "The end"),
        (" .hidden", "hidden"),
        ("-rf", "rf"),
        (f"photo{RIGHT_TO_LEFT_OVERRIDE}gpj.exe", "photogpj.exe"),
        ("two\nlines\tand\x00a nul", "two lines anda nul"),
        ("e\u0301", "é"),
        ("", "untitled"),
        ("...", "untitled"),
        ("\ud800", "untitled"),
    ],
)
def test_a_title_becomes_a_name_that_people_recognise(title: str, name: str) -> None:
    assert safe_name(title) == name


@given(st.text(alphabet=st.characters(), max_size=400))
def test_every_name_is_safe_everywhere(title: str) -> None:
    name = safe_name(title)
    assert 0 < len(name.encode()) <= 181  # one more for the mark of a reserved name
    assert not set(name) & set('<>:"/\\|?*')
    assert name == name.strip(" .")
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in name)
    assert safe_name(name) == name


@pytest.mark.parametrize("letter", ["a", "ü", "字", "😀", "e\u0301\u0323"])
def test_a_long_title_is_cut_between_letters_and_can_be_written(letter: str, tmp_path: Path) -> None:
    name = safe_name(letter * 300)
    assert len(name.encode()) > 170
    assert unicodedata.normalize("NFC", letter * 300).startswith(name)
    rest = unicodedata.normalize("NFC", letter * 300)[len(name) :]
    assert not unicodedata.combining(rest[0])
    (tmp_path / f"{name} (12).embedded.webm").write_text("")


def test_names_that_some_file_system_takes_for_one_are_told_apart() -> None:
    taken: set[str] = set()
    names = []
    for title in ("Talk", "TALK", "ｔａｌｋ", "Straße", "STRASSE", "talk (2)", "é", "e\u0301"):
        names.append(free_name(title, lambda name: folded(name) in taken))
        taken.add(folded(names[-1]))
    assert names == ["Talk", "TALK (2)", "ｔａｌｋ (3)", "Straße", "STRASSE (2)", "talk (2) (2)", "é", "é (2)"]


def test_half_letters_are_replaced() -> None:
    assert whole_letters("a\udcff") == "a?"
