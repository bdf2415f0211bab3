"""What does a zip hold, and is it safe to look inside?

Nothing is ever extracted: members are inflated in memory one at a time. A member whose name leaves the
archive, a link, a password, or sizes that only a bomb has end in a refusal before a byte is inflated.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, Final

from brainsand.errors import ReadError
from brainsand.read.files import Item

# A CT slice deflates two to four times, a slice of nothing but air several hundred times, a bomb (deflate's
# limit is 1032) throughout. Small archives may be as dense as they like.
_MOST_MEMBERS: Final = 50_000
_MOST_BYTES: Final = 16 * 2**30
_MOST_MEMBER_BYTES: Final = 4 * 2**30
_MOST_RATIO: Final = 100.0
_SMALL_BYTES: Final = 32 * 2**20


@contextmanager
def zip_items(path: Path) -> Iterator[tuple[Item, ...]]:
    """The members of a zip as items, usable while the context is open.

    Refuses (``ReadError``) what is no zip or broken (``zip_broken``), encrypted (``zip_encrypted``), tries to
    leave the archive (``zip_path``) or is a bomb (``zip_bomb``).
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as fault:
        raise _broken(str(fault)) from fault
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        check_members(members)
        yield tuple(sorted((_item(archive, info) for info in members), key=lambda item: item.name))


def check_members(members: list[zipfile.ZipInfo]) -> None:
    """Refuse a list of members that is unsafe to inflate, by what the directory of the zip declares.

    What is inflated later is held to the declared size by ``zipfile`` itself, so a lie there ends in
    ``zip_broken`` and not in a full memory.
    """
    for info in members:
        _check_name(info)
        if info.flag_bits & 0x1:
            raise ReadError(
                "The zip is protected by a password.",
                needed="a zip that opens without one.",
                todo="Unpack it and give the folder.",
                code="zip_encrypted",
            )
    total = sum(info.file_size for info in members)
    packed = max(1, sum(info.compress_size for info in members))
    largest = max((info.file_size for info in members), default=0)
    dense = total > _SMALL_BYTES and total / packed > _MOST_RATIO
    if len(members) > _MOST_MEMBERS or total > _MOST_BYTES or largest > _MOST_MEMBER_BYTES or dense:
        raise ReadError(
            f"The zip would unpack to {len(members)} files of {total / 2**20:.0f} MiB together, "
            f"{total / packed:.0f} times its own size.",
            needed=f"at most {_MOST_MEMBERS} files, {_MOST_BYTES / 2**30:.0f} GiB, {_MOST_RATIO:.0f} times.",
            todo="Give the folder of the one series instead.",
            code="zip_bomb",
        )


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.filename
    windows = PureWindowsPath(name)
    leaves = name.startswith("/") or bool(windows.drive or windows.root)
    leaves = leaves or ".." in PurePosixPath(name).parts or ".." in windows.parts
    if leaves or stat.S_ISLNK(info.external_attr >> 16):
        raise ReadError(
            "The zip holds a name or a link that points outside of it.",
            needed="members that stay inside the zip.",
            todo="Do not trust this file; ask where it came from.",
            code="zip_path",
        )


def _item(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Item:
    return Item(name=info.filename, size=info.file_size, open_at_most=_opener(archive, info))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int | None], BinaryIO]:
    def opened(most: int | None) -> BinaryIO:
        try:
            with archive.open(info) as member:
                return io.BytesIO(member.read(info.file_size if most is None else min(most, info.file_size)))
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            EOFError,
            OSError,
            RuntimeError,
        ) as fault:
            raise _broken(str(fault)) from fault

    return opened


def _broken(why: str) -> ReadError:
    return ReadError(
        f"The zip could not be read ({why}).",
        needed="a whole zip file.",
        todo="Copy it again, or unpack it and give the folder.",
        code="zip_broken",
    )
