"""Where does the queue lie, and what can every such place do? SQLite in a file, or PostgreSQL by its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from brainsand.errors import UsageError

Row = dict[str, Any]
Run = Callable[[str, Mapping[str, Any]], list[Row]]
"""Runs one statement with its ``:named`` values and gives the rows it returns (none for most)."""

WAIT_S: Final = 30.0
"""How long a statement waits for somebody else's lock before it is a fault."""

_SQLITE: Final = re.compile(r"sqlite:///(?P<path>.+)")
_POSTGRES: Final = re.compile(r"postgres(?:ql)?(?:\+psycopg)?://")
_SECRET: Final = re.compile(r"(?<=://)([^/@]*):[^/@]*@|(password=)[^&\s]+")


class Store(Protocol):
    """A database that holds a queue; faults come out as ``QueueError`` with words for a person."""

    lock_row: str
    """What a SELECT needs to skip rows that others hold (PostgreSQL), or nothing (one writer at a time)."""
    order_events: str
    """A statement that makes events appear in the order of their numbers, or nothing."""

    def writing(self) -> AbstractContextManager[Run]:
        """A transaction: all its statements last, or none does. Lasting means on the disk."""
        ...

    def reading(self) -> AbstractContextManager[Run]:
        """Single statements that change nothing."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


def open_store(url: str | Path) -> Store:
    """The store at ``url``, made when missing.

    Parameters
    ----------
    url : str or Path
        A file's path or ``sqlite:///PATH`` (four strokes for an absolute one), or ``postgresql://...``.

    Raises
    ------
    UsageError
        The address is neither.
    QueueError
        The store cannot be opened, or holds something else.
    """
    text = str(url)
    if _POSTGRES.match(text):
        from brainsand.jobs.postgres import PostgresStore

        return PostgresStore(text.replace("+psycopg", "", 1))
    from brainsand.jobs.sqlite import SqliteStore

    return SqliteStore(sqlite_path(text))


def sqlite_path(text: str) -> Path:
    """The file an SQLite address means.

    >>> sqlite_path("sqlite:///jobs.sqlite").as_posix(), sqlite_path("sqlite:////var/jobs.sqlite").as_posix()
    ('jobs.sqlite', '/var/jobs.sqlite')
    """
    found = _SQLITE.fullmatch(text)
    if found:
        return Path(found["path"])
    if "://" in text or not text or text.startswith("sqlite:") or text == ":memory:":
        raise UsageError(
            f"{without_password(text)!r} is no place for a queue. Give a file, sqlite:///PATH or postgresql://..."
        )
    return Path(text)


def without_password(url: str) -> str:
    """An address fit for logs and messages.

    >>> without_password("postgresql://ann:secret@db/brainsand")
    'postgresql://ann:***@db/brainsand'
    """
    return _SECRET.sub(lambda m: f"{m[2]}***" if m[2] else f"{m[1]}:***@", url)
