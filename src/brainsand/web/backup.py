"""A copy of everything, and everything from a copy: rows as JSON lines and the cases' files, in one zip.

The rows are read in one transaction, so they fit together; files of results never change once they are there. The copy
knows nothing of the database it came from: what was saved from SQLite can be restored into PostgreSQL, and back.
Uploads under way and sessions are left out. What was queued or running is queued anew at the next start.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, text

from brainsand import __version__
from brainsand.errors import OutputError, UsageError
from brainsand.read.secret import MOST_BYTES
from brainsand.web.folder import DataFolder, checked_id
from brainsand.web.options import Options
from brainsand.web.refused import Refused
from brainsand.web.store import Store, open_store
from brainsand.web.tables import AUDIT, CASES, EDITS, TOKENS, USERS

SCHEMA: Final = "brainsand.backup/1"
SAVED: Final = (USERS, TOKENS, CASES, EDITS, AUDIT)


def back_up(options: Options, out: Path) -> dict[str, int]:
    """Write the copy; how many rows of each table, and files.

    Raises
    ------
    UsageError
        ``out`` is there already.
    OutputError
        It cannot be written; nothing is left of it.
    """
    if out.exists():
        raise UsageError(f"{out} is there already. Name another file.")
    part = out.with_name(out.name + ".part")
    store = open_store(options.database_url)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
                told = _write(archive, store, DataFolder(options.data))
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(out)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise OutputError(f"The copy {out} cannot be written: {fault.strerror}.") from fault
    finally:
        store.close()
    return told


def restore(options: Options, copy: Path) -> dict[str, int]:
    """Bring everything back into an installation that holds nothing yet.

    Raises
    ------
    UsageError
        The file is no copy, or cases or accounts are there already.
    """
    folder = DataFolder(options.data).made()
    store = open_store(options.database_url)
    try:
        with _opened(copy) as archive, store.writing() as db:
            _check_empty(db)
            told = {table.name: _rows_in(db, store, archive, table) for table in SAVED}
            told["files"] = _files_in(archive, folder)
            _house_key_in(archive, folder)
    except zipfile.BadZipFile as fault:
        raise UsageError(f"{copy} is damaged: {fault}.") from fault
    finally:
        store.close()
    return told


def _write(archive: zipfile.ZipFile, store: Store, folder: DataFolder) -> dict[str, int]:
    told: dict[str, int] = {}
    with store.reading() as db:
        if not store.sqlite:
            db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        ids = []
        for table in SAVED:
            rows = [dict(row._mapping) for row in db.execute(select(table))]
            archive.writestr(f"{table.name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
            told[table.name] = len(rows)
            if table is CASES:
                ids = [row["id"] for row in rows]
    told["files"] = sum(_write_case(archive, folder, id) for id in ids)
    if folder.house_key.exists():
        archive.write(folder.house_key, folder.house_key.name)
    archive.writestr("backup.json", json.dumps({"schema": SCHEMA, "version": __version__, "rows": told}))
    return told


def _write_case(archive: zipfile.ZipFile, folder: DataFolder, id: str) -> int:
    count, place = 0, folder.case(id)
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        if path.is_file() and not any(part.endswith(".brainsand-part") for part in inside.parts):
            archive.write(path, f"cases/{id}/{inside.as_posix()}")
            count += 1
    return count


def _opened(copy: Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(copy)
        told = json.loads(archive.read("backup.json"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as fault:
        raise UsageError(f"{copy} is no whole copy made by brainsand serve backup.") from fault
    if told.get("schema") != SCHEMA:
        raise UsageError(f"{copy} was made by another version ({told.get('version')}). Use that one.")
    return archive


def _check_empty(db: Connection) -> None:
    for table in (CASES, TOKENS):
        if int(db.execute(select(func.count()).select_from(table)).scalar_one()):
            raise UsageError(
                "There are cases or tokens already. Restore into a new data folder and database."
            )


def _rows_in(db: Connection, store: Store, archive: zipfile.ZipFile, table: Any) -> int:
    if table is USERS:
        db.execute(USERS.delete())
    rows = [json.loads(line) for line in archive.read(f"{table.name}.jsonl").splitlines()]
    if table is CASES:
        rows = [{**row, "job": None, "state": "queued" if row["state"] != "done" else "done"} for row in rows]
    for start in range(0, len(rows), 500):
        db.execute(insert(table), rows[start : start + 500])
    if rows and not store.sqlite:  # the numbers go on after the last one
        key = next(iter(table.primary_key)).name
        db.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key}'), (SELECT max({key}) FROM {table.name}))"
            )
        )
    return len(rows)


def _files_in(archive: zipfile.ZipFile, folder: DataFolder) -> int:
    count = 0
    for name in _inside(archive):
        _, id, *rest = PurePosixPath(name).parts
        path = folder.case(id).joinpath(*rest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
            target.flush()
            os.fsync(target.fileno())
        count += 1
    return count


def _house_key_in(archive: zipfile.ZipFile, folder: DataFolder) -> None:
    """The secret that the cases' words for patients were made with; older copies hold neither."""
    if folder.house_key.name in archive.namelist():
        folder.house_key.write_bytes(archive.read(folder.house_key.name)[:MOST_BYTES])


def _inside(archive: zipfile.ZipFile) -> Iterator[str]:
    """Names of files that lie in a case; anything else is refused."""
    for info in archive.infolist():
        parts = PurePosixPath(info.filename).parts
        if info.is_dir() or parts[0] != "cases":
            continue
        try:
            checked_id(parts[1])
        except (Refused, IndexError) as fault:
            raise UsageError(f"The copy holds a strange name: {info.filename!r:.80}.") from fault
        if ".." in parts or info.filename.startswith("/") or len(parts) < 3:
            raise UsageError(f"The copy holds a strange name: {info.filename!r:.80}.")
        yield info.filename
