"""How far a benchmark is: a bar on a terminal, now and then a line in a log, never anything on standard output."""

from __future__ import annotations

import pytest

from assistant.bench.progress import counted, measuring


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock_s = iter((0.0, 30.0, 61.0, 90.0))  # it begins, and three items are done
    monkeypatch.setattr("assistant.bench.progress.monotonic", lambda: next(clock_s))
    assert list(counted(["a", "b", "c"], "hearing")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "hearing: 2 of 3\n")


def test_a_terminal_gets_a_bar_that_goes_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with measuring("a long conversation", 3600) as advance:
        advance(1800, "70 turns, 4100 MB")
    out, err = capsys.readouterr()
    assert not out
    assert "a long conversation" in err
    assert "70 turns, 4100 MB" in err
    assert err.endswith("\x1b[2K")  # the line is cleared


def test_a_benchmark_that_fails_leaves_the_terminal_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with pytest.raises(RuntimeError), measuring("hearing", 2):
        raise RuntimeError
    assert list(counted(["again"], "hearing")) == ["again"]  # a display that was left open would refuse a second one
