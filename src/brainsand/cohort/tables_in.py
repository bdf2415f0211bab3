"""Other people's tables (TSV, CSV; comma, semicolon or tab), read as rows of words."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from brainsand.errors import UsageError

Rows = list[dict[str, str]]


def rows_of(path: Path) -> tuple[tuple[str, ...], Rows]:
    """Column names (lower case, stripped) and rows of a table.

    Raises
    ------
    UsageError
        It cannot be read as UTF-8 or Latin-1 text, is empty, or names a column twice.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror or fault}.") from fault
    text = _decoded(data)
    head = text.split("\n", 1)[0]
    if not head.strip():
        raise UsageError(f"{path} is empty; its first line must name the columns.")
    rows = [
        row
        for row in csv.reader(io.StringIO(text), delimiter=_delimiter(head))
        if any(c.strip() for c in row)
    ]
    names = tuple(name.strip().lower() for name in rows[0])
    if len(set(names)) != len(names):
        raise UsageError(f"{path} names a column twice: {', '.join(names)}.")
    return names, [dict(zip(names, (*row, *[""] * len(names)), strict=False)) for row in rows[1:]]


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _delimiter(head: str) -> str:
    """The likeliest: the one the first line holds most of.

    >>> _delimiter("path;age,years;sex"), _delimiter("path")
    (';', ',')
    """
    return max((",", ";", "\t"), key=head.count)
