"""Spoken requests through Whisper, intents and the embedded image model to pictures: a whole conversation, for real.

The requests are spoken by a voice that is not the assistant's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from command import CHECKOUT
from spoken_pictures import Talk, held

pytestmark = pytest.mark.weights

REQUESTS = sorted((CHECKOUT / "examples" / "pictures").glob("*.wav"))


@pytest.fixture(scope="module")
def talk(weights: Callable[[str], Path]) -> Iterator[Talk]:
    """The conversation of `scripts/demo --pictures`."""
    yield from held(REQUESTS, weights)


def test_three_pictures_two_edits_and_an_animation_are_kept_with_their_origin(talk: Talk) -> None:
    kinds = [entry.origin.kind for entry in talk.entries]
    assert kinds == ["draw", "edit", "draw", "extend", "draw", "animate"]
    apple, green, rocket, wide, cat, film = talk.entries
    assert [entry.origin.prompt.split()[-1] for entry in (apple, rocket, cat)] == ["apple", "rocket", "cat"]
    assert green.origin.prompt == "a green apple"
    assert [entry.origin.parent for entry in (green, wide, film)] == [apple.id, rocket.id, cat.id]
    assert {entry.origin.licence for entry in talk.entries} == {"Apache-2.0"}


def test_each_picture_is_promised_and_told(talk: Talk) -> None:
    assert talk.reply(1).startswith("I'm drawing a red apple. Here is")
    assert "only a sketch by the built-in model" in talk.reply(1)
    assert "sketch" not in talk.reply(4)
    assert talk.reply(2) == "I'm painting it green. Here it is."
    assert talk.reply(7).startswith("I'm drawing an orange cat. Here is")
    assert talk.reply(7).endswith("cat.")  # the model may know only one kind of it
    assert "Paris" in talk.reply(6)
    assert talk.reply(10) == "It was drawn by tiny-sd, whose licence is Apache-2.0."


def test_an_apple_that_was_painted_green_is_green(talk: Talk) -> None:
    red, green = (talk.ready(turn).picture.pixels.astype(float) for turn in (1, 2))
    middle = np.s_[96:160, 96:160]
    more_red = [float((pixels[middle][..., 0] - pixels[middle][..., 1]).mean()) for pixels in (red, green)]
    assert more_red[0] > 50
    assert more_red[1] < -20


def test_undo_shows_exactly_the_picture_of_before(talk: Talk) -> None:
    first, undone = talk.ready(1), talk.ready(3)
    assert (undone.picture_id, undone.path) == (first.picture_id, first.path)
    assert np.array_equal(undone.picture.pixels, first.picture.pixels)


def test_what_was_there_before_a_picture_was_extended_is_unchanged(talk: Talk) -> None:
    old, new = talk.ready(4).picture, talk.ready(5).picture
    assert new.width > old.width
    assert np.array_equal(new.pixels[:, -old.width :], old.pixels)


def test_the_saved_animation_is_the_one_of_the_gallery_and_moves(talk: Talk) -> None:
    from PIL import Image

    film = talk.ready(8)
    assert talk.saved == [film.path.read_bytes()]
    with Image.open(film.path) as frames:
        assert frames.n_frames > 10  # type: ignore[attr-defined]
        first = np.asarray(frames.convert("RGB"), float)
        frames.seek(frames.n_frames // 2)  # type: ignore[attr-defined]
        assert np.abs(np.asarray(frames.convert("RGB"), float) - first).mean() > 1
