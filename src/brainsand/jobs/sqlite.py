"""The queue in an SQLite file: nothing to install, one machine, and lasting through kill -9 and power cuts.

Write-ahead log, so that readers never wait for the writer, and ``synchronous=FULL``, so that what was
acknowledged is on the disk (https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous).
The write-ahead log needs shared memory: the file must lie on a disk of this machine, not on a network's.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from brainsand.errors import QueueError
from brainsand.jobs.schema import TABLES
from brainsand.jobs.store import WAIT_S, Row, Run

IDLE: Final = 4
"""So many connections are kept for the next one who asks."""

_TYPES: Final = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "real": "REAL"}


class SqliteStore:
    """One file; connections are lent to whoever asks, from any thread."""

    lock_row = ""
    order_events = ""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._idle: list[sqlite3.Connection] = []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # The payloads may name patients' files: nobody else may read along.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as fault:
            raise QueueError(f"The queue {self.path} cannot be opened: {fault.strerror or fault}.") from fault
        with self.writing() as run:
            for table in TABLES:
                run(table.format(**_TYPES), {})

    @contextmanager
    def writing(self) -> Iterator[Run]:
        """A transaction that has the file for itself from its beginning."""
        with self._lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _runner(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """Statements by themselves."""
        with self._lent() as connection:
            yield _runner(connection)

    def close(self) -> None:
        """Close what is not lent."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        with self._as_queue_error():
            connection = self._take()
            try:
                yield connection
            except sqlite3.Error:
                connection.close()
                raise
            except BaseException:
                self._give_back(connection)
                raise
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return _connection(self.path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    @contextmanager
    def _as_queue_error(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise QueueError(f"The queue {self.path} {_words(fault)}") from fault


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = _row
    try:
        _into_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _into_wal(connection: sqlite3.Connection) -> None:
    """Ask for the write-ahead log; two who ask at once may be told "locked" without being made to wait."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}


def _runner(connection: sqlite3.Connection) -> Run:
    def run(statement: str, values: Mapping[str, Any]) -> list[Row]:
        rows: list[Row] = connection.execute(statement, dict(values)).fetchall()
        return rows

    return run


def _words(fault: sqlite3.Error) -> str:
    """What SQLite complains of, and what to do."""
    said = str(fault)
    if isinstance(fault, sqlite3.IntegrityError):
        return f"does not take this: {said}."
    for part, words in _COMPLAINTS.items():
        if part in said:
            return words
    return f"cannot be used: {said}."


_COMPLAINTS: Final = {
    "disk is full": "cannot be written: the disk is full. Free some space; what was acknowledged before is safe.",
    "disk I/O error": "cannot be written: the disk is full or faulty. What was acknowledged before is safe.",
    "not a database": "is no queue: the file holds something else, or was damaged. Move it away or name another.",
    "malformed": "is damaged. Stop every worker, bring back the last copy, or move the file away to begin anew; "
    "results already in their folders are not touched.",
    "readonly": "cannot be written: there is no permission. Give this user the right to write the file and folder.",
    "unable to open": "cannot be opened: folder or permission is missing.",
    "locked": f"was held by another program for {WAIT_S:.0f} s. Is it on a network disk? It must lie on this machine.",
}
