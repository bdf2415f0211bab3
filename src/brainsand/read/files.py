"""Which files were handed in, and how is each opened?

The readers never care whether bytes lie in a folder, in one file or in a zip: each is an :class:`Item`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from brainsand.errors import ReadError

_MOST_FILES: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item:
    """One file's bytes.

    ``name`` is its place inside the input (folders joined by ``/``), ``size`` its bytes, and ``open_at_most``
    opens it for reading; handed a number, it may give only that many first bytes, which spares a zip from
    being inflated whole for the sake of a header.
    """

    name: str
    size: int
    open_at_most: Callable[[int | None], BinaryIO] = field(repr=False)

    @property
    def basename(self) -> str:
        """The last part of the name."""
        return self.name.rsplit("/", 1)[-1]


def file_item(path: Path, *, name: str | None = None) -> Item:
    """One file on disk as an item."""
    return Item(name=name or path.name, size=path.stat().st_size, open_at_most=lambda _most: path.open("rb"))


def folder_items(folder: Path) -> tuple[Item, ...]:
    """Every regular file below ``folder``, sorted by name; folders that are links are not entered.

    Refuses a folder of more than 100 000 files (``too_many_files``): that is an archive, not a scan.
    """
    items = []
    for path in _walk(folder):
        items.append(file_item(path, name=path.relative_to(folder).as_posix()))
        if len(items) > _MOST_FILES:
            raise ReadError(
                f"The folder holds more than {_MOST_FILES} files.",
                needed="one patient's scan.",
                todo="Give the folder of one study.",
                code="too_many_files",
            )
    return tuple(sorted(items, key=lambda item: item.name))


def _walk(folder: Path) -> Iterator[Path]:
    for here, _folders, names in os.walk(folder):
        yield from (path for name in names if (path := Path(here, name)).is_file())
