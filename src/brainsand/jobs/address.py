"""Where does the queue lie? In a file (SQLite), or in PostgreSQL by its address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from brainsand.errors import UsageError
from brainsand.jobs.store import Store, without_password

_SQLITE: Final = re.compile(r"sqlite:///(?P<path>.+)")
_POSTGRES: Final = re.compile(r"postgres(?:ql)?(?:\+psycopg)?://")


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
