"""Prompts: short and long ones, and those that no keyboard writes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_models import FAST, QUIET, SKETCHER, SKETCHER_OPTIONS, Folder, drawn, engine, folder, noise, pixels

from models.errors import EngineFailed, PromptTooLong
from models.image import prompts
from models.image.diffusers import DiffusersImageGenerator
from models.pictures import Extend, ImageOptions, Inpaint, Instruct, TextToImage, Walk

pytestmark = QUIET
__all__ = ["folder"]

# 80 words that the small tokenizer knows: two readings of the encoder.
LONG = "a red boat " * 26 + "and snow"


@pytest.fixture(scope="module", params=["sd", "xl"])
def generator(request: pytest.FixtureRequest, folder: Folder) -> DiffusersImageGenerator:
    return engine(folder(request.param))


@pytest.fixture(scope="module")
def sketcher() -> DiffusersImageGenerator:
    return engine(SKETCHER, **SKETCHER_OPTIONS)


def test_the_end_of_a_long_prompt_is_seen_too(generator: DiffusersImageGenerator) -> None:
    assert LONG.split()[:77] == LONG.replace("snow", "sea").split()[:77]
    assert not np.array_equal(
        pixels(generator, TextToImage(LONG)), pixels(generator, TextToImage(LONG.replace("snow", "sea")))
    )


def test_a_long_negative_prompt_goes_with_a_short_prompt(generator: DiffusersImageGenerator) -> None:
    short = pixels(generator, TextToImage("a boat"))
    assert not np.array_equal(
        pixels(generator, TextToImage("a boat"), ImageOptions(negative_prompt=LONG, steps=3)), short
    )


def test_a_walk_from_a_short_prompt_to_a_long_one_has_all_frames(generator: DiffusersImageGenerator) -> None:
    assert len(drawn(generator, Walk("a boat", LONG, seed_to=0, frames=3))) == 3


def test_a_prompt_of_2000_words_is_refused_and_nothing_is_cut_in_silence(generator: DiffusersImageGenerator) -> None:
    many = " ".join(["boat"] * 2000)
    tasks = [TextToImage(many), Instruct(many, noise(64, 64)), Walk("a boat", many, 0, 2)]
    tasks += [Inpaint(many, noise(64, 64), np.ones((64, 64), np.bool_)), Extend(many, noise(64, 64), "left", 8)]
    for task in tasks:
        with pytest.raises(PromptTooLong, match="2000 tokens long, and the model reads 300, about 225 words"):
            drawn(generator, task)
    with pytest.raises(PromptTooLong):
        drawn(generator, TextToImage("a boat"), ImageOptions(negative_prompt=many))
    assert drawn(generator, TextToImage("a boat"))


def test_the_longest_prompt_of_a_model_can_be_set(sketcher: DiffusersImageGenerator) -> None:
    assert drawn(sketcher, TextToImage("a red apple " * 7), FAST)
    with pytest.raises(PromptTooLong, match="reads 22"):
        drawn(sketcher, TextToImage("a red apple " * 8), FAST)


@pytest.mark.parametrize(
    "prompt", ["🚀", "🚀🍎👩‍🚀🇫🇷", "a boat 🚢\x00\x07\x1b[31m\u202e", "ship\ud800", "Ｌ﷽ ñ ü 日本語"]
)
def test_emoji_and_control_characters_are_drawn(generator: DiffusersImageGenerator, prompt: str) -> None:
    (picture,) = drawn(generator, TextToImage(prompt), ImageOptions(steps=2, negative_prompt=prompt))
    assert picture.prompt.encode()
    assert not set("\x00\x07\x1b\u202e") & set(picture.prompt)


@pytest.mark.parametrize("prompt", ["", "   \n", "\x00\x07\u200b\ud800"])
def test_where_nothing_is_described_nothing_is_drawn(generator: DiffusersImageGenerator, prompt: str) -> None:
    with pytest.raises(EngineFailed, match="say what is to be seen"):
        drawn(generator, TextToImage(prompt))


@given(st.text(st.characters(codec=None), max_size=60))
def test_what_is_left_of_a_prompt_can_be_written_down_and_is_clean_already(text: str) -> None:
    cleaned = prompts.clean(text)
    assert cleaned.encode().decode() == cleaned
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.isprintable()
    assert prompts.clean(cleaned) == cleaned


def test_words_are_left_as_they_are() -> None:
    assert prompts.clean("  A café,\n50 % off: (red:1.2)  ") == "A café, 50 % off: (red:1.2)"
