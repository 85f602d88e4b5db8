"""The table of jobs: states, claims, and names that stay."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from command import CHECKOUT, DEADLINE_S

from assistant.captions.jobs import JobTable, State
from assistant.errors import FileUnusable
from assistant.sources.item import Item, ItemFailed, Reason

TALK = Item("site:1", "Talk", "https://example.org/1", False)

# Claims an item, says so, and waits to be killed.
_CLAIMING = """
import sys
from pathlib import Path
from assistant.captions.jobs import JobTable
from assistant.sources.item import Item
item = Item("site:1", "Talk", "https://example.org/1", False)
table = JobTable(Path(sys.argv[1]))
table.add(item)
table.claim(item)
print("claimed", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def table(tmp_path: Path) -> JobTable:
    return JobTable(tmp_path / "out")


def test_an_item_waits_is_claimed_and_done(table: JobTable) -> None:
    assert table.add(TALK).state is State.WAITING
    claimed = table.claim(TALK)
    assert claimed is not None
    assert (claimed.state, claimed.attempts) == (State.WAITING, 1)
    assert table.add(TALK).is_claimed
    table.finish(TALK)
    (job,) = table.jobs()
    assert (job.state, job.is_claimed, job.attempts) == (State.DONE, False, 1)


def test_a_failure_is_kept_with_its_reason_until_it_goes_well(table: JobTable) -> None:
    table.add(TALK)
    table.claim(TALK)
    table.fail(TALK, ItemFailed(Reason.PRIVATE, "Talk is private"))
    assert stored(table, "state", "reason", "message", "attempts") == ("failed", "private", "Talk is private", 1)
    again = table.claim(TALK)
    assert again is not None
    assert (again.state, again.attempts) == (State.FAILED, 2)
    table.release(again)
    assert stored(table, "state", "reason") == ("failed", "private")
    table.claim(TALK)
    table.finish(TALK)
    assert stored(table, "state", "reason", "message") == ("done", None, None)


def test_one_item_is_claimed_by_one_only(table: JobTable) -> None:
    table.add(TALK)
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: JobTable(table.out).claim(TALK), range(8)))
    assert sum(claim is not None for claim in claims) == 1


def test_the_claim_of_a_process_that_lives_is_left_alone_and_that_of_a_dead_one_is_taken_over(table: JobTable) -> None:
    command = [sys.executable, "-P", "-c", _CLAIMING, str(table.out)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"claimed\n"
        assert table.claim(TALK) is None
        other.send_signal(signal.SIGKILL)
        other.wait(DEADLINE_S)
    taken = table.claim(TALK)
    assert taken is not None
    assert (taken.state, taken.attempts) == (State.RUNNING, 2)
    table.release(taken)
    assert table.add(TALK).state is State.WAITING


def test_a_later_process_with_the_number_of_a_dead_one_does_not_hold_its_claim(table: JobTable) -> None:
    table.add(TALK)
    table.claim(TALK)
    with closing(sqlite3.connect(table.folder / "jobs.sqlite")) as connection, connection:
        connection.execute("UPDATE items SET owner_started_s = owner_started_s - 60")
    assert table.claim(TALK) is not None


def test_names_stay_and_are_told_apart_even_where_case_is_ignored(table: JobTable) -> None:
    titles = ["a", "A", "../a", "a"]
    names = [table.add(Item(f"file:{n}", title, f"/{n}", True)).name for n, title in enumerate(titles)]
    assert names == ["a", "A (2)", "a (3)", "a (4)"]
    again = JobTable(table.out)
    assert [again.add(Item(f"file:{n}", "a", f"/{n}", True)).name for n in (3, 2, 1, 0)] == names[::-1]


def test_captions_that_somebody_else_made_are_not_overwritten(table: JobTable) -> None:
    (table.out / "Talk.srt").write_text("precious")
    assert table.add(TALK).name == "Talk (2)"


def test_a_name_that_is_no_text_is_stored_and_found_again(table: JobTable) -> None:
    item = Item("file:1", "caf\udce9", "/caf\udce9.wav", True)
    assert table.add(item).item == table.add(item).item == item


def test_a_folder_of_a_version_that_knew_no_layouts_is_taken_up(tmp_path: Path) -> None:
    table = JobTable(tmp_path)
    table.add(TALK)
    table.claim(TALK)
    with closing(sqlite3.connect(tmp_path / ".captions" / "jobs.sqlite")) as old, old:
        old.execute("DROP TABLE layouts")
    table = JobTable(tmp_path)
    assert [job.layout for job in table.jobs()] == [""]
    table.finish(TALK, "bbc")
    table.finish(TALK)  # some of its files were written; the others are as they were
    assert [job.layout for job in table.jobs()] == ["bbc"]


def test_a_table_of_another_version_is_refused(table: JobTable) -> None:
    with closing(sqlite3.connect(table.folder / "jobs.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(FileUnusable, match="another version"):
        JobTable(table.out)


def test_a_table_that_is_no_database_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ".captions"
    folder.mkdir()
    (folder / "jobs.sqlite").write_text("this is not a database, however long it is " * 100)
    with pytest.raises(FileUnusable, match="cannot be used"):
        JobTable(tmp_path)


def test_what_dead_runs_left_unfinished_is_removed(table: JobTable) -> None:
    own = table.scratch_folder()
    dead = own.with_name("4194304999-1-abc")
    dead.mkdir()
    (dead / "film.mp4").write_text("")
    table.scratch_folder()
    assert own.is_dir()
    assert not dead.exists()


def stored(table: JobTable, *columns: str) -> tuple[object, ...]:
    with closing(sqlite3.connect(table.folder / "jobs.sqlite")) as connection:
        row: tuple[object, ...] = connection.execute(f"SELECT {', '.join(columns)} FROM items").fetchone()
    return row
