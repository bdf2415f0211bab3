"""How is the database spoken to? One engine, transactions that last, and tables of the version the program knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from brainsand.errors import QueueError
from brainsand.jobs.store import without_password

WAIT_S: Final = 30
_LOCK: Final = 0x62737702


class Store:
    """The application's database; safe from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.engine = _engine(url, sqlite=self.sqlite)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it lasts, on the disk, or nothing does. In SQLite it has the file for itself."""
        with self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Statements that change nothing, on one state of the database."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The store at ``url``, its tables made or brought up to date.

    Raises
    ------
    QueueError
        It cannot be opened.
    """
    store = Store(url)
    try:
        _up_to_date(store)
    except OperationalError as fault:
        store.close()
        raise QueueError(
            f"The database {without_password(url)} cannot be opened: {str(fault.orig).strip()}. Is it running, and may "
            "this user write to it?"
        ) from fault
    return store


def _up_to_date(store: Store) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with store.writing() as connection:
        if not store.sqlite:  # two that start at once: one after the other
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str, *, sqlite: bool) -> Engine:
    if not sqlite:
        return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Who holds accounts and findings of patients: nobody else may read along.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        url, pool_size=10, max_overflow=20, connect_args={"timeout": WAIT_S, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, below
    # What was acknowledged is on the disk; readers never wait (https://www.sqlite.org/wal.html).
    for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {line}").close()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
