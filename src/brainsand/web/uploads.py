"""How do files come in? Streamed to the disk under numbers of our own, forced there, then acknowledged.

The name a file has elsewhere is never part of a path here. A zip is never unpacked: its directory is checked when it
arrives (``read.archive``), and the analysis inflates one member at a time in memory.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from starlette.concurrency import run_in_threadpool

from brainsand.errors import InputRefused
from brainsand.web.accounts import Person
from brainsand.web.folder import DataFolder, new_id
from brainsand.web.options import Limits
from brainsand.web.refused import Refused
from brainsand.web.store import Store
from brainsand.web.tables import UPLOADS

PART: Final = ".part"
STALE_S: Final = 24 * 3600.0
MOST_TITLE: Final = 200
_KINDS: Final = ((".nii.gz", "scan.nii.gz"), (".nii", "scan.nii"), (".zip", "scan.zip"))


class Uploads:
    """Uploads under way."""

    def __init__(self, store: Store, folder: DataFolder, limits: Limits) -> None:
        self._store, self._folder, self._limits = store, folder, limits

    def begin(self, person: Person, title: str) -> str:
        """A new upload's id."""
        self.sweep()
        id = new_id()
        with self._store.writing() as db:
            open_ = select(func.count()).select_from(UPLOADS).where(UPLOADS.c.owner == person.name)
            if int(db.execute(open_).scalar_one()) >= self._limits.open_uploads:
                raise Refused(
                    429, "too_many_uploads", "Too many uploads are open.", "Finish or cancel some first."
                )
            values = {"id": id, "owner": person.name, "team": person.team, "title": plain_title(title)}
            db.execute(insert(UPLOADS).values(**values, made_at=time.time()))
        self._folder.upload(id).mkdir()
        return id

    def get(self, id: str, person: Person) -> dict[str, Any]:
        """Title and files that have arrived; 404 for anybody else's."""
        place = self._folder.upload(id)
        with self._store.reading() as db:
            row = db.execute(
                select(UPLOADS).where(UPLOADS.c.id == id, UPLOADS.c.owner == person.name)
            ).first()
        if row is None or not place.is_dir():
            raise Refused(404, "no_such_upload", "There is no such upload.", "Begin a new one.")
        files = {p.name: p.stat().st_size for p in sorted(place.iterdir()) if not p.name.endswith(PART)}
        return {"id": id, "title": row.title, "files": files, "bytes": sum(files.values())}

    async def receive(
        self, id: str, person: Person, number: int, name: str, body: AsyncIterator[bytes]
    ) -> int:
        """One file onto the disk; its bytes. When this returns it is there, whatever happens next."""
        known = await run_in_threadpool(self.get, id, person)
        if number >= self._limits.upload_files or len(known["files"]) >= self._limits.upload_files:
            raise Refused(
                413, "too_many_files", f"At most {self._limits.upload_files} files.", "Send one series."
            )
        place = self._folder.upload(id) / stored_name(number, name)
        part = place.with_name(place.name + PART)
        room = self._limits.upload_bytes - int(known["bytes"])
        try:
            size = await self._stream(part, body, room)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        await run_in_threadpool(_keep, part, place)
        return size

    async def _stream(self, part: Path, body: AsyncIterator[bytes], room: int) -> int:
        size = 0
        try:
            with part.open("wb") as stream:
                async for piece in body:
                    size += len(piece)
                    if size > room:
                        raise Refused(
                            413, "too_large", "The upload is too large.", "Send one series of the head."
                        )
                    await run_in_threadpool(stream.write, piece)
                stream.flush()
                await run_in_threadpool(os.fsync, stream.fileno())
        except OSError as fault:
            raise Refused(
                507, "disk", f"The file cannot be kept: {fault.strerror}.", "Free some space."
            ) from fault
        return size

    def finish(self, id: str, person: Person, case: str) -> tuple[str, Path]:
        """The files as the input of a case: title and path to read. The upload is gone then."""
        known = self.get(id, person)
        if not known["files"]:
            raise Refused(422, "empty", "No file arrived.", "Drop a DICOM folder, files, a zip or a NIfTI.")
        place = self._folder.upload(id)
        check_zips(place)
        for part in place.glob(f"*{PART}"):
            part.unlink()
        self._folder.case(case).mkdir()
        names = list(known["files"])
        input = self._folder.input(case)
        place.rename(input)
        path = input
        if len(names) == 1 and (kind := _kind(names[0])):
            path = (input / names[0]).rename(input / kind)
        _sync(input, input.parent, input.parent.parent)
        return str(known["title"]), path

    def forget(self, id: str) -> None:
        """Drop the upload's row (its files are elsewhere now, or gone)."""
        with self._store.writing() as db:
            db.execute(delete(UPLOADS).where(UPLOADS.c.id == id))

    def cancel(self, id: str, person: Person) -> None:
        """Drop an upload and its files."""
        self.get(id, person)
        shutil.rmtree(self._folder.upload(id), ignore_errors=True)
        self.forget(id)

    def sweep(self) -> None:
        """Drop uploads nobody finished in a day."""
        with self._store.reading() as db:
            old = (
                db.execute(select(UPLOADS.c.id).where(UPLOADS.c.made_at < time.time() - STALE_S))
                .scalars()
                .all()
            )
        for id in old:
            shutil.rmtree(self._folder.upload(id), ignore_errors=True)
            self.forget(id)


def stored_name(number: int, name: str) -> str:
    """The name a file gets here: its number, and the kind where the reading goes by it.

    >>> stored_name(3, "../../etc/passwd"), stored_name(0, "Müller head.NII.GZ")
    ('000003', '000000.nii.gz')
    """
    if not 0 <= number < 10**6:
        raise Refused(422, "number", "A file's number is 0 to 999999.", "Count the files.")
    ending = next((end for end, _ in _KINDS if name.lower().endswith(end)), "")
    return f"{number:06d}{ending}"


def plain_title(text: str) -> str:
    """A title of one line, of printable characters.

    >>> plain_title("  head\\x00 of\\nJuly ")
    'head of July'
    """
    words = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"\s+", " ", words).strip()[:MOST_TITLE] or "scan"


def check_zips(place: Path) -> None:
    """Refuse an archive that would leave its place, unfold without end, or be no archive (``read.archive``)."""
    from brainsand.read.archive import zip_items

    for path in place.glob("*.zip"):
        try:
            with zip_items(path):
                pass
        except InputRefused as refusal:
            raise Refused(422, refusal.code, refusal.came, refusal.todo) from refusal


def _kind(name: str) -> str | None:
    return next((kind for end, kind in _KINDS if name.endswith(end)), None)


def _keep(part: Path, place: Path) -> None:
    part.rename(place)
    _sync(place.parent)


def _sync(*folders: Path) -> None:
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
