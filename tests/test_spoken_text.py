"""What is written -> what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tts.spoken_text import MAX_CHARACTERS, PIECE_BYTES, pieces, spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It costs $3,450.75.", "It costs 3450 dollars and 75 cents."),
        ("$1, $0.99 and $1.01", "1 dollar, 99 cents and 1 dollar and 1 cent"),
        ("It was sold for $5M or €2.5 million.", "It was sold for 5 million dollars or 2.5 million euros."),
        ("at 7:30 p.m. or 10:05", "at 7 30 p m or 10 oh 5"),
        ("from 12:00 to 19:00", "from 12 o'clock to 19 hundred hours"),
        ("We close at 7 p.m. The bar does not.", "We close at 7 p m. The bar does not."),
        ("March 14, 2024", "March 14th, 20 24"),
        ("On 12/31/2025 and on 31/12/2025", "On December 31st, 20 25 and on December 31st, 20 25"),
        ("on 2023-07-04", "on July 4th, 20 23"),
        ("It is 99/99/2025", "It is 99/99/2025"),
        ("in 1945, in 1905, in 1900, in 2005", "in 19 45, in 19 oh 5, in 19 hundred, in 2005"),
        ("1945 people", "1945 people"),
        ("the 1990s", "the 19 nineties"),
        ("Dr. Smith lives in St. Louis, on Main St.", "Doctor Smith lives in Saint Louis, on Main Street"),
        ("the U.S. is", "the U S is"),
        ("I live in the U.S.", "I live in the U S."),
        ("Cats, e.g. lions, etc.", "Cats, for example lions, et cetera."),
        ("john.smith@example.com", "john dot smith at example dot com"),
        ("1 km, 20 km/h, 5°, 30 °C, 1,500 kg", "1 kilometer, 20 kilometers per hour, 5 degrees, 30 degrees Celsius, "
         "1,500 kilograms"),
        ("3 m long, I am", "3 meters long, I am"),
        ("aged 6-10", "aged 6 to 10"),
        ("Call 555-0123.", "Call 5 5 5, 0 1 2 3."),
        ("5 - 3, -4 and 3 × 4", "5 minus 3, minus 4 and 3 times 4"),
        ("1/2 cup, 2 1/2 cups, 3¾ and 5/6", "a half cup, 2 and a half cups, 3 and three quarters and 5/6"),
        ("Henry VIII", "Henry the eighth"),
        ("No. 5 of #7", "number 5 of number 7"),
    ],
)  # fmt: skip
def test_english_is_said_as_people_say_it(written: str, said: str) -> None:
    assert spoken(written, "en") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**bold**, *italic*, ***both***, `code`, ~~gone~~", "bold, italic, both, code, gone"),
        ("# Title\n\n- one\n* two\n> three\n---\n", "Title\none\ntwo\nthree"),
        ("1. first\n2) second", "1, first\n2, second"),
        ("```python\nrun()\n```", "run()"),
        ("see [the page](https://example.com/x?y=1)", "see the page"),
        ("see https://www.example.com/a_b/c?d=e#f.", "see example.com."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ", a , b ,\n, 1 , 2 ,"),
        ("<b>hello</b> 👋🏽 ✓ 🇫🇷", "hello"),
        ("a\x00\x07\u202eb\ud800c", "a b c"),
        ("snake_case, 2 * 3 * 4", "snake_case, 2 * 3 * 4"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_markup_and_what_has_no_sound_is_left_out_in_every_language(written: str, said: str) -> None:
    assert spoken(written, "xx") == said


def test_other_languages_keep_their_numbers_and_abbreviations() -> None:
    text = "Das kostet 3,50 € um 7:30 Uhr, z. B. bei Dr. Müller."
    assert spoken(text, "de") == text


def test_sentences_are_said_one_by_one() -> None:
    assert list(pieces('He said "stop!" Then he left. Why? 好。他走了')) == [
        'He said "stop!', "Then he left.", "Why?", "好。", "他走了",
    ]  # fmt: skip


def test_a_long_sentence_is_divided_at_its_clauses() -> None:
    clause = "and the rain fell on the roof of the old house, "
    parts = list(pieces(clause * 12))
    assert len(parts) == 3
    assert all(part.endswith("house,") for part in parts)


@given(st.text(max_size=600), st.sampled_from(["en", "fr", "ja"]))
def test_any_text_becomes_pieces_of_bounded_length_that_say_something(text: str, language: str) -> None:
    said = spoken(text, language)
    assert "\x00" not in said
    said.encode()  # no lone surrogates: it goes to another program
    for piece in pieces(said):
        assert len(piece.encode()) <= PIECE_BYTES
        assert any(character.isalnum() for character in piece)


def test_text_without_end_is_cut() -> None:
    assert len(spoken("a" * (2 * MAX_CHARACTERS), "en")) == MAX_CHARACTERS


@pytest.mark.parametrize("unit", ["*", "_a", "[", "|-", "1,", "a@", "a.", "<a", "- ", "```", "1:", "'", "x " * 150])
def test_hostile_text_is_read_to_its_end(unit: str) -> None:
    """Time that grew with the square of the text would be minutes here: some other limit stops the run."""
    text = unit * (MAX_CHARACTERS // len(unit) - 4)
    assert spoken(f"{text}\nend", "en").endswith("end")
