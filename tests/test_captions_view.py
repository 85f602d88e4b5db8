"""How a batch is shown on a terminal: a bar for all items, one for each that is heard, a line for each that ended."""

from __future__ import annotations

import io

from rich.console import Console

from assistant.apps.captions_view import BarsView, LinesView, open_view
from assistant.captions.jobs import Job, State
from assistant.captions.summary import ItemEnded, ItemFetched, ItemFound, ItemHeard, ItemRetried, Outcome, Result
from assistant.sources.item import Item, ItemFailed, Reason

JOB = Job(Item("site:1", "[red]Talk\x1b[2J", "https://example.org/1", False), "Talk", State.RUNNING, True, 1)


def shown(*, is_terminal: bool) -> str:
    """A whole batch of one item, drawn to text."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=is_terminal, width=120, color_system=None, legacy_windows=False)
    with open_view(console) as view:
        assert isinstance(view, BarsView if is_terminal else LinesView)
        view.show(ItemFound(JOB))
        view.show(ItemRetried(JOB.item.title, ItemFailed(Reason.NETWORK, "no answer", retry=True), 2.0))
        view.show(ItemFetched(JOB, 100.0, 10.0))
        view.show(ItemHeard(JOB, 60.0))
        if isinstance(view, BarsView):
            view._bars.refresh()
        view.show(ItemEnded(Result("[red]Talk\x1b[2J", JOB.item.address, JOB, Outcome.TRANSCRIBED)))
    return written.getvalue()


def test_a_terminal_shows_seconds_of_the_item_and_what_ended() -> None:
    text = shown(is_terminal=True)
    assert "60/100 s" in text
    assert "0/1" in text
    assert "[red]Talk" in text
    assert "\x1b[2J" not in text
    assert "✓ [red]Talk [2J: transcribed" in text


def test_elsewhere_there_are_lines_without_any_control() -> None:
    lines = shown(is_terminal=False).splitlines()
    assert lines == [
        "[red]Talk [2J: no answer; another try in 2 s",
        "[red]Talk [2J: 100 s of sound, goes on at 10 s",
        "[red]Talk [2J: 50 %",
        "✓ [red]Talk [2J: transcribed",
    ]


def test_what_a_message_is_about_is_said_once() -> None:
    written = io.StringIO()
    with LinesView(Console(file=written, width=120)) as view:
        for title, message in (("a", "a.mp3 is empty"), ("b", "no space left")):
            failure = ItemFailed(Reason.EMPTY, message)
            view.show(ItemEnded(Result(title, title, None, Outcome.FAILED, failure)))
    assert written.getvalue().splitlines() == ["✗ a.mp3 is empty", "✗ b: no space left"]
