"""Prompts reduced to what the embedded image model knows, and what is said where it knows nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import NothingKnown
from models.image.groups import grouped, kinds
from models.image.known_words import reduce
from models.image.prompts import wanted


@pytest.mark.parametrize(
    ("prompt", "reduced", "dropped"),
    [
        ("a red car", "a car", ()),  # it is red already
        ("a very sad face on a rainy day", "a sad face", ("very", "on a rainy day")),
        ("my new blue car", "a blue car", ("new",)),
        ("two cats", "a cat", ("two",)),
        ("I would love to see a cat sitting", "a cat", ("sitting",)),
        ("could you please generate a photo of a green dragon on a table?", "a dragon", ("on a table",)),
        ("a dog chasing cats", "a dog", ("chasing cats",)),
        ("on the table there is a cat", "a cat", ("on the table",)),
        ("a castle, very detailed", "a castle", ("very detailed",)),
        ("a house with a red door", "a house", ("with a red door",)),
        ("a slice of pizza", "a pizza", ()),
        ("Mice!", "a mouse", ()),
        ("french fries", "french fries", ()),
        ("a unicorn", "a unicorn", ()),
        ("my umbrella", "an umbrella", ()),
        ("🐈️ please", "a cat", ()),
        ("a kitten in a basket of wool", "a cat", ("in a basket of wool",)),
        ("a pink elephant", "a pink elephant", ()),
        ("a pink penguin", "a penguin", ("pink",)),
        ("a friendly robot", "a robot", ("friendly",)),
    ],
)
def test_the_main_thing_stays_in_words_that_the_model_was_trained_with(
    prompt: str, reduced: str, dropped: tuple[str, ...]
) -> None:
    result = reduce(prompt)
    assert (result.prompt, result.dropped) == (reduced, dropped)


@pytest.mark.parametrize("prompt", ["a lighthouse at dusk", "draw", "", "…", "ein Haus", "\x00\u202e", "x " * 2000])
def test_where_nothing_is_known_it_says_what_can_be_drawn(prompt: str) -> None:
    with pytest.raises(NothingKnown, match=r"never seen that.* a cat, a rocket"):
        reduce(prompt)


def test_what_it_suggests_instead_it_can_draw_whole() -> None:
    with pytest.raises(NothingKnown) as caught:
        reduce("a lighthouse")
    suggestions = str(caught.value).split("such as ")[1].replace(" or ", ", ").split(", ")
    assert len(suggestions) > 3
    for suggestion in suggestions:
        group = grouped(suggestion)
        parts = [things.wanted for things in kinds(group)] if group else [wanted(suggestion, "tiny-sd", can_tint=True)]
        assert [part.left_out for part in parts] == [()] * len(parts)


def test_the_thing_is_found_behind_two_thousand_words() -> None:
    assert reduce("something with " * 1000 + "and a rocket").prompt == "a rocket"


@given(st.text(max_size=80), st.sampled_from(["a cat", "a blue car", "a sad face"]))
def test_a_reduced_prompt_reduces_to_itself(noise: str, known: str) -> None:
    reduced = reduce(f"{known}, {noise}")
    assert reduce(reduced.prompt).prompt == reduced.prompt
