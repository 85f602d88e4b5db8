"""Every rule of a standard is found broken where it is broken, and nowhere else."""

from __future__ import annotations

import pytest

from assistant.captions.check import Violation, violations
from assistant.captions.cue import Cue
from assistant.captions.standards import STANDARDS, standard
from assistant.errors import ProfileError


def broken(name: str, *cues: Cue) -> list[tuple[int, str]]:
    """(number of the cue, rule)"""
    return [(each.cue_number, each.rule) for each in violations(cues, standard(name))]


@pytest.mark.parametrize("name", STANDARDS)
def test_good_cues_break_no_rule_of_any_standard(name: str) -> None:
    gap_s = standard(name).chained_gap_s
    good = [Cue(0, 2 - gap_s, ("Good morning,", "my friends.")), Cue(2, 5, ("How are you?",)), Cue(7, 9, ("Fine.",))]
    assert not list(violations(good, standard(name)))


@pytest.mark.parametrize(
    ("name", "cue", "rule"),
    [
        ("netflix", Cue(0, 4, ("a", "b", "c")), "lines"),
        ("netflix", Cue(0, 4, ("x" * 43,)), "characters"),
        ("bbc", Cue(0, 4, ("x" * 38,)), "characters"),
        ("shorts", Cue(0, 4, ("x" * 25,)), "characters"),
        ("netflix", Cue(0, 6, ("字" * 17,), language="zh"), "characters"),
        ("netflix", Cue(0, 6, ("字" * 17,)), "characters"),
        ("netflix", Cue(0, 6, ("字" * 12 + "Latin",)), "characters"),  # halves count in Japanese and Korean only
        ("netflix", Cue(0, 6, ("가" * 14 + " 12 x",)), "characters"),
        ("netflix", Cue(0, 2, ("x" * 41,), language="en"), "reading speed"),
        ("netflix", Cue(0, 2, ("x" * 35,), language="fr"), "reading speed"),
        ("netflix", Cue(0, 2, ("か" * 9,)), "reading speed"),
        ("netflix", Cue(0, 2, ("가" * 12, "나" * 12)), "reading speed"),
        ("bbc", Cue(0, 1.1, ("one two three four",)), "reading speed"),
        ("shorts", Cue(0, 1, ("x" * 13, "x" * 13)), "reading speed"),
        ("netflix", Cue(0, 0.8, ("Yes.",)), "too short"),
        ("youtube", Cue(0, 0.4, ("Yes.",)), "too short"),
        ("netflix", Cue(0, 7.1, ("Yes.",)), "too long"),
        ("shorts", Cue(0, 5.1, ("Yes.",)), "too long"),
        ("youtube", Cue(3, 3, ("Yes.",)), "too short"),
        ("youtube", Cue(0, 1, (" ",)), "empty"),
        ("youtube", Cue(0, 1, ()), "empty"),
    ],
)
def test_a_cue_that_breaks_one_rule_is_told_so(name: str, cue: Cue, rule: str) -> None:
    assert broken(name, cue) == [(1, rule)]


@pytest.mark.parametrize(
    ("name", "cue"),
    [
        ("netflix", Cue(0, 3, ("x" * 42,), language="fr")),
        ("netflix", Cue(0, 2, ("x" * 40,), language="en")),
        ("netflix", Cue(0, 2, ("x" * 40,))),  # it may be English
        ("netflix", Cue(0, 2, ("字" * 16,), language="zh-TW")),
        ("netflix", Cue(0, 6, ("가" * 14 + " 12.",))),
        ("netflix", Cue(0, 6, ("か" * 8 + "iPhone 15.",))),
        ("netflix", Cue(0, 2, ("か" * 4 + "iPhone 1",))),
        ("netflix", Cue(0, 0.833, ("Yes.",))),
        ("bbc", Cue(0, 4 / 3, ("one two three four",))),
        ("netflix", Cue(0, 7, ("Yes.",))),
    ],
)
def test_a_limit_itself_is_allowed(name: str, cue: Cue) -> None:
    assert broken(name, cue) == []


@pytest.mark.parametrize(
    ("name", "gap_s", "rules"),
    [
        ("netflix", 0.0, ["gap"]),
        ("netflix", 0.04, ["gap"]),
        ("netflix", 0.08, []),
        ("netflix", 0.12, ["gap"]),
        ("netflix", 0.44, ["gap"]),
        ("netflix", 0.48, []),
        ("bbc", 0.0, []),
        ("bbc", 0.5, ["gap"]),
        ("bbc", 1.0, []),
        ("youtube", 0.3, []),
        ("shorts", 0.0, []),
        ("youtube", -0.001, ["overlap"]),
        ("bbc", -0.001, ["overlap"]),
        ("youtube", -5.0, ["order"]),
    ],
)
def test_gaps_are_those_of_the_standard(name: str, gap_s: float, rules: list[str]) -> None:
    first = Cue(1, 3, ("Yes.",))
    assert broken(name, first, Cue(3 + gap_s, 6 + gap_s, ("No.",))) == [(1, rule) for rule in rules]


def test_a_violation_is_one_line_with_its_time_code() -> None:
    [found] = violations([Cue(3725.5, 3729.5, ("x" * 50,))], standard("netflix"))
    assert found == Violation(3725.5, 1, "characters", f'50 in the line "{"x" * 50}", at most 42 are allowed')
    assert str(found) == f"01:02:05.500  cue 1  characters: {found.message}"


def test_a_standard_that_does_not_exist_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(ProfileError, match='"netflx"; did you mean "netflix"'):
        standard("netflx")
