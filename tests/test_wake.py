"""The wake phrase: who is spoken to."""

import pytest

from assistant.turns.wake import WakePhrase


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Hey Nora, what time is it?", "what time is it?"),
        ("Hey, Norah. What time is it?", "What time is it?"),
        ("Heynora what time is it?", "what time is it?"),
        ("Hey, no ra, what time is it?", "what time is it?"),
        ("HEY NORA", ""),
        ("Hay Nora!", ""),
    ],
)
def test_the_phrase_is_known_however_it_is_spelt_and_is_no_part_of_the_request(text: str, asked: str) -> None:
    wake = WakePhrase("hey Nora")
    assert wake.is_addressed(text, started_s=0.0)
    assert wake.request(text) == asked


@pytest.mark.parametrize("text", ["What time is it?", "Hey Sandra, come here.", "I said hey Nora.", "Hey!", "", "..."])
def test_what_does_not_begin_with_the_phrase_is_not_for_the_assistant(text: str) -> None:
    wake = WakePhrase("hey Nora")
    assert not wake.is_addressed(text, started_s=0.0)
    assert wake.request(text) == text


def test_for_some_seconds_after_a_turn_the_phrase_is_not_needed() -> None:
    wake = WakePhrase("hey Nora")
    wake.stay_awake(now_s=10.0)
    assert wake.is_addressed("And tomorrow?", started_s=15.0)
    assert not wake.is_addressed("And tomorrow?", started_s=30.0)


def test_without_a_phrase_everything_is_meant() -> None:
    wake = WakePhrase()
    assert wake.is_addressed("What time is it?", started_s=100.0)
    assert wake.request("¿Qué hora es?") == "¿Qué hora es?"
