"""Spoken Spanish through Whisper, intents and the embedded image model to pictures, for real.

The requests are spoken by a voice that is no engine of the assistant (SVOX Pico).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from command import CHECKOUT
from spoken_pictures import Talk, held

pytestmark = pytest.mark.weights

REQUESTS = sorted((CHECKOUT / "examples" / "pictures_es").glob("*.wav"))


@pytest.fixture(scope="module")
def talk(weights: Callable[[str], Path]) -> Iterator[Talk]:
    yield from held(REQUESTS, weights)


def test_what_is_asked_in_spanish_is_translated_for_the_model_and_answered_in_spanish(talk: Talk) -> None:
    assert {talk.heard(turn).language for turn in range(1, 6)} == {"es"}
    apple, wide = talk.entries
    assert [entry.origin.kind for entry in talk.entries] == ["draw", "extend"]
    assert [entry.origin.prompt.split()[-1] for entry in talk.entries] == ["apple", "apple"]
    assert wide.origin.parent == apple.id
    assert talk.reply(1).startswith("Estoy dibujando una manzana roja. Aquí está: una manzana roja.")
    assert talk.reply(2) == "La estoy ampliando hacia la izquierda. Aquí está."
    assert talk.reply(3) == "Aquí está la anterior."
    assert talk.reply(4) == "La dibujó tiny-sd, con la licencia Apache-2.0."
    assert talk.reply(5) == "La he guardado en la carpeta Pictures."


def test_a_picture_that_was_asked_for_in_spanish_is_red_and_stays_where_it_is_extended(talk: Talk) -> None:
    apple, wide = talk.ready(1).picture, talk.ready(2).picture
    middle = apple.pixels[96:160, 96:160].astype(float)
    assert (middle[..., 0] - middle[..., 1]).mean() > 50
    assert np.array_equal(wide.pixels[:, -apple.width :], apple.pixels)


def test_what_is_undone_and_saved_in_spanish_is_exactly_the_first_file(talk: Talk) -> None:
    assert talk.ready(3).path == talk.ready(1).path
    assert talk.saved == [talk.ready(1).path.read_bytes()]
