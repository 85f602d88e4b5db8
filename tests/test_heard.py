"""From samples played to words heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.turns.heard import SpokenClause, heard_text

RATE = 1000


def clause(text: str, n_samples: int) -> SpokenClause:
    return SpokenClause(text, n_samples, is_complete=True)


def test_nothing_played_is_nothing_heard() -> None:
    assert heard_text([clause("Paris is the capital.", 2000)], 0, RATE) == ""
    assert heard_text([], 500, RATE) == ""


def test_all_played_is_all_heard_with_its_punctuation() -> None:
    clauses = [clause("Well,", 400), clause("Paris is the capital.", 2000)]
    assert heard_text(clauses, 2400, RATE) == "Well, Paris is the capital."
    assert heard_text(clauses, 99999, RATE) == "Well, Paris is the capital."


def test_a_word_counts_once_half_of_it_was_played() -> None:
    clauses = [clause("abcd efgh", 900)]  # 100 samples a character: the middle of the second word is at 700
    assert heard_text(clauses, 699, RATE) == "abcd"
    assert heard_text(clauses, 701, RATE) == "abcd efgh"


def test_punctuation_between_heard_words_is_kept() -> None:
    assert heard_text([clause("One, two (and a half), three.", 2900)], 2300, RATE) == "One, two (and a half"


def test_only_whole_clauses_before_the_one_that_was_cut() -> None:
    clauses = [clause("First sentence.", 1500), clause("Second sentence.", 1600), clause("Third.", 600)]
    assert heard_text(clauses, 1500, RATE) == "First sentence."
    assert heard_text(clauses, 2300, RATE) == "First sentence. Second"


def test_the_pace_of_a_whole_clause_times_one_that_is_still_being_synthesised() -> None:
    # 200 samples a character: the second clause will take 2200, of which only 500 exist so far.
    clauses = [clause("abcd", 800), SpokenClause("abcd efghij", 500, is_complete=False)]
    assert heard_text(clauses, 800 + 500, RATE) == "abcd abcd"


def test_a_first_clause_that_is_not_whole_yet_is_taken_to_be_calm_speech() -> None:
    # 15 characters a second: 30 characters take 2 s.
    clauses = [SpokenClause("abcd efghi klmno qrstu wxyza c", 600, is_complete=False)]
    assert heard_text(clauses, 600, RATE) == "abcd efghi"


def test_a_clause_that_turns_out_longer_than_expected_is_not_heard_before_it_is_played() -> None:
    clauses = [SpokenClause("abcd efgh", 5000, is_complete=False)]
    assert heard_text(clauses, 1000, RATE) == ""


def test_a_clause_without_samples_is_not_an_error() -> None:
    assert heard_text([clause("♪", 0), clause("Hello.", 600)], 600, RATE) == "♪ Hello."


def test_japanese_is_cut_at_a_character_and_joined_without_spaces() -> None:
    clauses = [clause("東京です。", 1000), clause("晴れです。", 1000)]
    assert heard_text(clauses, 1499, RATE) == "東京です。晴れ"


_CLAUSES = st.lists(
    st.builds(
        SpokenClause,
        st.text(st.sampled_from("ab ,.é天"), min_size=1, max_size=30).map(lambda text: f"x{text}x"),
        st.integers(0, 5000),
        st.booleans(),
    ),
    max_size=5,
)


@given(_CLAUSES, st.integers(0, 30000), st.integers(0, 30000))
def test_more_samples_are_never_fewer_words_and_always_a_beginning_of_the_reply(
    clauses: list[SpokenClause], one: int, other: int
) -> None:
    less, more = (heard_text(clauses, played, RATE) for played in sorted((one, other)))
    everything = heard_text([clause(part.text, 0) for part in clauses], 1, RATE)
    assert more.startswith(less)
    assert everything.startswith(more)


@given(_CLAUSES)
def test_every_sample_played_is_every_word_heard(clauses: list[SpokenClause]) -> None:
    whole = [clause(part.text, part.n_samples) for part in clauses]
    played = sum(part.n_samples for part in whole)
    heard = heard_text(whole, played + 1, RATE)  # one more: the last clause may have none
    assert heard.replace(" ", "") == "".join(part.text for part in whole).replace(" ", "")
