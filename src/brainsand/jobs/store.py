"""What must a database do that holds a queue? One face for SQLite and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

Row = dict[str, Any]
Run = Callable[[str, Mapping[str, Any]], list[Row]]
"""Runs one statement with its ``:named`` values and gives the rows it returns (none for most)."""

WAIT_S: Final = 30.0
"""How long a statement waits for somebody else's lock before it is a fault."""

_SECRET: Final = re.compile(r"(?<=://)([^/@:]*):[^/@]*@|(password=)[^&\s]+")


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


def without_password(url: str) -> str:
    """An address fit for logs and messages.

    >>> without_password("postgresql://ann:secret@db/brainsand")
    'postgresql://ann:***@db/brainsand'
    """
    return _SECRET.sub(lambda m: f"{m[2]}***" if m[2] else f"{m[1]}:***@", url)
