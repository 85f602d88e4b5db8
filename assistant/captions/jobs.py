"""The table of jobs in the output folder: which recordings there are, and how far each is.

Several runs may work on one folder. An item belongs to the process that claimed it, until that gives it up, finishes or
is dead; so a run that was killed leaves nothing that another would wait for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import psutil

from assistant.captions.formats import FORMATS, extension
from assistant.captions.names import folded, free_name, whole_letters
from assistant.errors import FileUnusable
from assistant.sources.item import Item, ItemFailed

FOLDER = ".captions"

_VERSION = 1

# Each transaction takes milliseconds; a run that is stopped in one (Ctrl-Z, a debugger) is waited for this long.
_BUSY_S = 30.0

# Clocks that are set by a moment change when a process seems to have begun; numbers of processes return much later.
_SAME_START_S = 2.0

_SCHEMA = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    address TEXT NOT NULL,
    is_local INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    owner_pid INTEGER,
    owner_started_s REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    message TEXT
)
"""


# How the files of an item were laid out. A table of its own: folders of earlier versions get it without being refused.
_LAYOUTS = "CREATE TABLE IF NOT EXISTS layouts (key TEXT PRIMARY KEY, layout TEXT NOT NULL)"

_SELECT = "SELECT items.*, layouts.layout FROM items LEFT JOIN layouts USING (key)"


class State(StrEnum):
    """How far an item is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """An item in the table.

    Attributes:
        id: for names of files of our own; the same in every run.
        name: of its captions, without an ending; no other item's, even where a file system ignores case.
        is_claimed: a process that lives is at it.
        attempts: how often it was claimed.
        layout: of its files; "" where it is not known.
    """

    item: Item
    name: str
    state: State
    is_claimed: bool
    attempts: int
    layout: str = ""

    @property
    def id(self) -> str:
        return hashlib.sha256(self.item.key.encode("utf-8", "surrogatepass")).hexdigest()[:24]


class JobTable:
    """Every call is one transaction, from any thread. Titles and addresses are stored as they are, but for half
    characters, which SQLite cannot hold."""

    def __init__(self, out: Path) -> None:
        """Opens the table of a folder; makes folder and table where they are missing.

        Raises:
            FileUnusable: it cannot be written, or the table is of another version.
        """
        self.out = out
        self.folder = out / FOLDER
        try:
            for name in ("partial", "scratch", "transcripts"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            with self._transaction() as table:
                (version,) = table.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    table.execute(_SCHEMA)
                    table.execute(f"PRAGMA user_version = {_VERSION}")
                table.execute(_LAYOUTS)
        except OSError as error:
            raise FileUnusable(f"{out} cannot hold captions: {error.strerror}") from error
        if version not in (0, _VERSION):
            raise FileUnusable(f"{self.folder} was made by another version of this program; choose another folder")

    def transcript_path(self, job: Job) -> Path:
        return self.folder / "transcripts" / f"{job.id}.json"

    def partial_path(self, job: Job) -> Path:
        return self.folder / "partial" / f"{job.id}.jsonl"

    def scratch_folder(self) -> Path:
        """A new folder, on the same disk, for what this process has not finished; removes those of dead processes."""
        folders = self.folder / "scratch"
        for folder in folders.iterdir():
            pid, started_s, _ = folder.name.split("-")
            if not _is_alive(int(pid), float(started_s)):
                shutil.rmtree(folder, ignore_errors=True)
        process = psutil.Process()
        return Path(tempfile.mkdtemp(prefix=f"{process.pid}-{process.create_time():.0f}-", dir=folders))

    def add(self, item: Item) -> Job:
        """The item's job; a new one, with a name of its own, where it was never seen before."""
        with self._transaction() as table:
            if row := _row(table, item.key):
                return _job(row, item)
            name = free_name(item.title, lambda name: self._is_taken(table, name))
            table.execute(
                "INSERT INTO items (key, title, address, is_local, name, folded_name) VALUES (?, ?, ?, ?, ?, ?)",
                (item.key, whole_letters(item.title), whole_letters(item.address), item.is_local, name, folded(name)),
            )
            return Job(item, name, State.WAITING, False, 0)

    def claim(self, item: Item) -> Job | None:
        """Takes the item for this process. None where a process that lives, this one too, has it already.

        Returns:
            The job with the state that it was in before; what is not done is attempted once more.
        """
        with self._transaction() as table:
            job = _job(_row(table, item.key), item)
            if job.is_claimed:
                return None
            attempts = job.attempts + (job.state is not State.DONE)
            table.execute(
                "UPDATE items SET state = 'running', owner_pid = ?, owner_started_s = ?, attempts = ? WHERE key = ?",
                (os.getpid(), psutil.Process().create_time(), attempts, item.key),
            )
            return replace(job, attempts=attempts)

    def release(self, job: Job) -> None:
        """Gives back what `claim` gave, as it was: nothing came of it, or nothing was to be done."""
        state = State.WAITING if job.state is State.RUNNING else job.state
        with self._transaction() as table:
            table.execute(
                "UPDATE items SET state = ?, owner_pid = NULL, owner_started_s = NULL WHERE key = ?",
                (state.value, job.item.key),
            )

    def finish(self, item: Item, layout: str = "") -> None:
        """Its captions are there.

        Args:
            layout: of all its files; "" where some, or all, are as they were.
        """
        self._end(item, State.DONE, None, None)
        if layout:
            with self._transaction() as table:
                table.execute("INSERT OR REPLACE INTO layouts VALUES (?, ?)", (item.key, layout))

    def fail(self, item: Item, failure: ItemFailed) -> None:
        """It has no captions, for a reason."""
        self._end(item, State.FAILED, failure.reason.value, whole_letters(str(failure)))

    def _end(self, item: Item, state: State, reason: str | None, message: str | None) -> None:
        with self._transaction() as table:
            table.execute(
                "UPDATE items SET state = ?, reason = ?, message = ?, owner_pid = NULL, owner_started_s = NULL "
                "WHERE key = ?",
                (state.value, reason, message, item.key),
            )

    def jobs(self) -> list[Job]:
        """All of them, in the order in which they were first seen."""
        with self._transaction() as table:
            return [_job(row, _item(row)) for row in table.execute(f"{_SELECT} ORDER BY number")]

    def _is_taken(self, table: sqlite3.Connection, name: str) -> bool:
        """By another item, or by captions in the folder that somebody else made."""
        if table.execute("SELECT 1 FROM items WHERE folded_name = ?", (folded(name),)).fetchone():
            return True
        return any(os.path.lexists(self.out / f"{name}{extension(format_)}") for format_ in FORMATS)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / "jobs.sqlite"
        try:
            with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as table:
                table.row_factory = sqlite3.Row
                table.execute("BEGIN IMMEDIATE")
                with table:  # commits, or rolls back
                    yield table
        except sqlite3.Error as error:
            raise FileUnusable(f"{path} cannot be used: {error}") from error


def _row(table: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = table.execute(f"{_SELECT} WHERE key = ?", (key,)).fetchone()
    return row


def _item(row: sqlite3.Row) -> Item:
    return Item(row["key"], row["title"], row["address"], bool(row["is_local"]))


def _job(row: sqlite3.Row | None, item: Item) -> Job:
    """The item as it was found this time: an address on disk may be no text, and was stored without what is none."""
    assert row is not None  # only jobs that were added are asked for
    state = State(row["state"])
    claimed = state is State.RUNNING and _is_alive(row["owner_pid"], row["owner_started_s"])
    return Job(item, row["name"], state, claimed, row["attempts"], row["layout"] or "")


def _is_alive(pid: int, started_s: float) -> bool:
    """Whether that process runs, and not a later one with the same number."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - started_s) < _SAME_START_S)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # somebody else's, who had better not be disturbed
        return True
