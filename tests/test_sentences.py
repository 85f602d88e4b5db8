"""Clauses: where they end, and that nothing is lost on the way."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import ClauseSplitter


def split(text: str, piece: int = 1) -> list[str]:
    splitter = ClauseSplitter()
    clauses = [clause for i in range(0, len(text), piece) for clause in splitter.feed(text[i : i + piece])]
    return clauses + list(splitter.flush())


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("It is Paris. It lies on the Seine.", ["It is Paris.", "It lies on the Seine."]),
        ("Dr. Smith of the U.S. Army came. He left.", ["Dr. Smith of the U.S. Army came.", "He left."]),
        ("It costs $3,450.75 now. Really?", ["It costs $3,450.75 now.", "Really?"]),
        ("Meet at 5 p.m. on Monday. Bye!", ["Meet at 5 p.m. on Monday.", "Bye!"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Wait... what? Yes.", ["Wait...", "what?", "Yes."]),
        ("1. Take an egg.\n2. Boil it.", ["1. Take an egg.", "2. Boil it."]),
        ("Das ist z.B. ein Test. Gut.", ["Das ist z.B. ein Test.", "Gut."]),
        ("今日は天気です。散歩しましょう。", ["今日は天気です。", "散歩しましょう。"]),
        ("No full stop at the end", ["No full stop at the end"]),
        ("  \n\n ", []),
        ("... --- !!!", []),
    ],
)
def test_sentences_end_where_a_speaker_would_end_them(text: str, clauses: list[str]) -> None:
    assert split(text) == clauses


def test_the_first_clause_ends_at_a_comma_so_that_the_voice_can_begin() -> None:
    assert split("On a clear day, the sky is blue, I think.")[0] == "On a clear day,"


def test_a_single_word_before_a_comma_is_too_short_to_be_spoken_alone() -> None:
    assert split("Yes, it is.") == ["Yes, it is."]


def test_later_clauses_are_not_cut_at_early_commas() -> None:
    assert split("It is so. Red, green, and blue are colours.")[1] == "Red, green, and blue are colours."


def test_text_without_any_punctuation_is_cut_at_a_space() -> None:
    clauses = split("word " * 200)
    assert all(len(clause) <= 300 for clause in clauses)
    assert " ".join(clauses) == ("word " * 200).strip()


def test_a_clause_is_let_go_as_soon_as_its_end_is_certain() -> None:
    splitter = ClauseSplitter()
    assert list(splitter.feed("It is Paris.")) == []  # it could go on: "Paris.com"
    assert list(splitter.feed(" It")) == ["It is Paris."]


TEXTS = st.text(alphabet=st.sampled_from("abc AB1.,;:!?\n-"), max_size=200)


@given(TEXTS, st.integers(1, 20))
def test_the_size_of_the_deltas_makes_no_difference(text: str, piece: int) -> None:
    assert split(text, piece) == split(text)


@given(TEXTS)
def test_no_word_is_lost_and_the_order_is_kept(text: str) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"\w+", text)

    assert words(" ".join(split(text))) == words(text)
