"""The hibari voice. What every voice must do is in test_contracts.py."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import EngineFailed, SettingError
from models.types import EngineSpec, SpeakOptions, joined

pytest.importorskip("hibari", reason="the extra [hibari] is not installed")
from models.tts.hibari import HibariTextToSpeech


def hibari(**options: object) -> HibariTextToSpeech:
    return HibariTextToSpeech(EngineSpec("tts", "hibari", options=options))


def test_each_sentence_is_a_chunk() -> None:
    chunks = list(hibari().speak("Hello there. How are you?", SpeakOptions()))
    assert len(chunks) == 2
    assert {chunk.sample_rate_hz for chunk in chunks} == {24_000}


def test_equal_seeds_give_equal_speech() -> None:
    first, second = (joined(hibari(seed=3).speak("Hello there.", SpeakOptions())) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)


def test_it_speaks_english_only() -> None:
    with pytest.raises(EngineFailed, match=r"\"fr\".*\"en\""):
        list(hibari().speak("Bonjour.", SpeakOptions(language="fr")))


def test_voices_that_would_be_fetched_from_a_hub_are_not_offered() -> None:
    with pytest.raises(EngineFailed, match=r"emma.*heart"):
        list(hibari().speak("Hello.", SpeakOptions(speaker="emma")))


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(SettingError, match="sed"):
        hibari(sed=3)
