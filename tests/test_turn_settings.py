"""The table [turn_taking] is checked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.turns.settings import TurnTakingSettings
from models import settings as tables
from models.errors import SettingError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("onset_threshold", 0.0),
        ("complete_threshold", 1.5),
        ("complete_threshold", 0.95),
        ("sure_threshold", 0.0),
        ("pause_s", -0.1),
        ("pause_s", float("nan")),
        ("pause_s", 0.25),
        ("incomplete_silence_s", 3.0),
        ("release_threshold", 0.55),
        ("longest_hold_s", 19.0),
        ("longest_utterance_s", 10.0),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=key):
        replace(TurnTakingSettings(), **{key: value})


def test_the_settings_are_a_table_of_the_profile() -> None:
    read = tables.read(TurnTakingSettings, {"complete_silence_s": 0.4}, "[turn_taking]")
    assert read.complete_silence_s == 0.4
    with pytest.raises(SettingError, match="soft_end_s"):
        tables.read(TurnTakingSettings, {"soft_end_s": 0.9}, "[turn_taking]")
