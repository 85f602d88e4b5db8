"""What is left of the assistant's own voice is told from a user by its words."""

import pytest

from assistant.turns.own_voice import is_own_voice

SPOKEN = "The capital of France is Paris. Say stop, or wait, whenever you like."


@pytest.mark.parametrize("heard", ["the capital of France", "Paris.", "is Paris. Say", "whenever you like"])
def test_its_own_words_in_their_order_are_its_own(heard: str) -> None:
    assert is_own_voice(heard, "en", SPOKEN)


@pytest.mark.parametrize(
    "heard", ["", "What about London?", "France capital", "The capital of Spain", "Paris. What is Paris?"]
)
def test_other_words_and_another_order_are_a_users(heard: str) -> None:
    assert not is_own_voice(heard, "en", SPOKEN)


@pytest.mark.parametrize("heard", ["Stop.", "Wait.", "stop, or wait"])
def test_a_command_is_obeyed_even_if_the_assistant_says_the_same(heard: str) -> None:
    assert is_own_voice(heard, "en", SPOKEN) == (heard == "stop, or wait")


def test_nothing_was_said_so_nothing_is_its_own() -> None:
    assert not is_own_voice("Paris.", "en", "")
