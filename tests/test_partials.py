"""Runs over a growing utterance become text that only grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.phrases.words import keys
from assistant.turns.partials import Partial, Partials


def updates(*texts: str) -> list[Partial]:
    partials = Partials()
    return [partials.update(text) for text in texts]


def test_the_first_run_commits_nothing() -> None:
    assert updates("And so my fellow") == [Partial("", "And so my fellow")]


def test_what_two_runs_agree_on_is_committed() -> None:
    assert updates("And so my follow", "And so my fellow Americans")[-1] == Partial("And so my", " fellow Americans")


def test_case_and_punctuation_do_not_matter_and_the_newer_spelling_is_kept() -> None:
    assert updates("well i think", "Well, I think that")[-1] == Partial("Well, I think", " that")


def test_punctuation_after_the_last_committed_word_stays_open() -> None:
    partials = Partials()
    partials.update("I would like.")
    assert partials.update("I would like.") == Partial("I would like", ".")
    assert partials.update("I would like a coffee.") == Partial("I would like", " a coffee.")
    assert partials.final("I would like a coffee.") == "I would like a coffee."


def test_committed_text_does_not_change_when_a_later_run_disagrees() -> None:
    partials = Partials()
    partials.update("I have twenty one cats")
    assert partials.update("I have twenty one cats").committed == "I have twenty one cats"
    assert partials.update("I have 21 cats and a dog") == Partial("I have twenty one cats", " and a dog")
    assert partials.final("I have 21 cats and a dog.") == "I have twenty one cats and a dog."


def test_a_word_that_was_committed_is_not_repeated_when_a_run_drops_another() -> None:
    partials = Partials()
    partials.update("so the the cat sat")
    partials.update("so the the cat sat")
    assert partials.final("The cat sat on the mat.") == "so the the cat sat on the mat."


def test_a_run_that_hears_nothing_takes_nothing_back() -> None:
    assert updates("hello there", "hello there", "")[-1] == Partial("hello there", "")


def test_a_run_that_agrees_only_after_an_empty_one_starts_anew() -> None:
    assert updates("hello", "", "hello")[-1] == Partial("", "hello")


def test_languages_without_spaces_agree_on_characters() -> None:
    assert updates("今日は天", "今日は天気が", "今日は天気がいい。")[-1] == Partial("今日は天気が", "いい。")


def test_mixed_scripts_keep_their_spaces() -> None:
    assert updates("我用 Python 写", "我用 Python 写代码")[-1] == Partial("我用 Python 写", "代码")


def test_the_final_text_is_the_run_itself_where_nothing_was_committed() -> None:
    partials = Partials()
    partials.update("Yes")
    assert partials.final("  No,  thank you. ") == "No, thank you."


@pytest.mark.parametrize(
    "text", ["¿Qué hora es?", "“Quoted,” she said…", "$3,450.75 at 10:30", "हिन्दी भाषा", "สวัสดีครับ", "…"]
)
def test_nothing_of_the_text_is_lost(text: str) -> None:
    shown = updates(text, text)[-1]
    assert shown.committed + shown.tentative == text


def test_decomposed_accents_agree_with_composed_ones() -> None:
    assert updates("si\u0301 claro", "s\u00ed claro que")[-1].committed == "sí claro"


_RUNS = st.lists(st.lists(st.sampled_from(["a", "b,", "C", "d.", "天", "e-f"]), max_size=12).map(" ".join), max_size=8)


@given(_RUNS, st.text(max_size=30))
def test_committed_text_only_grows_and_begins_the_final_text(runs: list[str], last: str) -> None:
    partials = Partials()
    committed = ""
    for run in runs:
        partial = partials.update(run)
        assert partial.committed.startswith(committed)
        committed = partial.committed
    assert partials.final(last).startswith(committed)


@given(_RUNS, st.lists(st.sampled_from(["x", "y!", "z"]), max_size=5).map(" ".join))
def test_two_equal_runs_in_a_row_commit_every_word_of_theirs(runs: list[str], ending: str) -> None:
    partials = Partials()
    for run in runs:
        partials.update(run)
    partials.update(ending)
    partial = partials.update(ending)
    assert keys(partial.tentative) == []


@given(st.lists(st.sampled_from(["one", "two", "three", "four"]), min_size=1, max_size=30))
def test_runs_that_never_change_their_mind_are_shown_word_for_word(words: list[str]) -> None:
    partials = Partials()
    for end in range(1, len(words) + 1):
        partial = partials.update(" ".join(words[:end]))
        assert partial.committed == " ".join(words[: end - 1])
        assert partial.committed + partial.tentative == " ".join(words[:end])
