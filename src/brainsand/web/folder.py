"""Where does the application keep files? Everything in one folder; no name in it comes from outside.

::

    DATA/brainsand.sqlite   cases, edits, accounts (unless PostgreSQL holds them)
    DATA/jobs.sqlite        the queue
    DATA/uploads/UPLOAD/    files on their way in
    DATA/cases/CASE/input/  the scan as it came
    DATA/cases/CASE/result/ what the analysis made
    DATA/cases/CASE/formats/ the same with a further format each, when asked for
    DATA/cases/CASE/compare/OTHER/ what comparing it with another case made
    DATA/cases/CASE/revised/VERSION/FORMAT/ what was made of the case as it stands
    DATA/house.key          what makes the words that tell cases of one patient together
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from brainsand.web.refused import Refused

REMOVED: Final = ".removed"
_ID: Final = re.compile(r"[0-9a-f]{16}")


def new_id() -> str:
    """A name nobody can guess: 64 random bits in hexadecimal."""
    return secrets.token_hex(8)


def checked_id(text: str) -> str:
    """The id, where it is one; ``Refused`` (404) for anything else, so that no path can be made of it."""
    if not _ID.fullmatch(text):
        raise Refused(404, "no_such_case", "There is no such case.", "Go back to the worklist.")
    return text


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder, by its parts."""

    root: Path

    def made(self) -> DataFolder:
        """The folder, made where it is missing, for this user's eyes alone."""
        for place in (self.root, self.root / "uploads", self.root / "cases"):
            place.mkdir(parents=True, exist_ok=True)
            os.chmod(place, 0o700)
        _make_secret(self.house_key)
        for left in (self.root / "cases").glob(f"*{REMOVED}"):  # a removal that was killed
            shutil.rmtree(left, ignore_errors=True)
        return self

    @property
    def house_key(self) -> Path:
        """The secret of this house (``read.whose``)."""
        return self.root / "house.key"

    def upload(self, id: str) -> Path:
        """The files of an upload."""
        return self.root / "uploads" / checked_id(id)

    def case(self, id: str) -> Path:
        """Everything of a case."""
        return self.root / "cases" / checked_id(id)

    def remove_case(self, id: str) -> None:
        """Everything of a case, gone: first from its place, so that nobody who still writes finds it."""
        away = self.case(id).with_suffix(REMOVED)
        with suppress(FileNotFoundError):
            self.case(id).rename(away)
        shutil.rmtree(away, ignore_errors=True)

    def input(self, id: str) -> Path:
        """The scan as it came."""
        return self.case(id) / "input"

    def result(self, id: str) -> Path:
        """What the analysis made."""
        return self.case(id) / "result"

    def format(self, id: str, name: str) -> Path:
        """What was made beside for a further format."""
        return self.case(id) / "formats" / name

    def revised(self, id: str, version: int, name: str) -> Path:
        """What was made of a version of a case, with a format."""
        return self.case(id) / "revised" / str(int(version)) / name

    def versions(self, id: str) -> dict[int, Path]:
        """The versions that something was made of, with their folders."""
        place = self.case(id) / "revised"
        found = place.iterdir() if place.is_dir() else ()
        return {int(p.name): p for p in found if p.name.isdecimal()}

    def preview(self, id: str) -> Path:
        """The first picture, before anything is analyzed."""
        return self.case(id) / "preview.png"

    def comparison(self, id: str, other: str) -> Path:
        """What was asked and made of two cases; it lies with the one that came later."""
        return self.case(id) / "compare" / checked_id(other)

    def remove_comparisons(self, id: str) -> None:
        """Every comparison with this case that lies with another one."""
        for place in (self.root / "cases").glob(f"*/compare/{checked_id(id)}"):
            shutil.rmtree(place, ignore_errors=True)


def _make_secret(place: Path) -> None:
    """A secret, made once, whole: of two who make one at the same time, the first one's holds."""
    if place.exists():
        return
    part = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_bytes(32))
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        os.link(part, place)
    part.unlink()
