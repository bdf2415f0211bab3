"""The reading of a case as it goes out: made once a version, then kept beside the case as bytes.

What is kept names the program's and the knowledge's version, so that an update makes it anew; losing it loses nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from brainsand import __version__
from brainsand.interpret.information import Answer
from brainsand.revision import Revision
from brainsand.web.asked import Question, Reading
from brainsand.web.folder import DataFolder
from brainsand.web.movement import movement
from brainsand.web.readings import Readings


class Answers:
    """Readings as bytes, by case and version."""

    def __init__(self, readings: Readings, folder: DataFolder) -> None:
        self._readings, self._folder = readings, folder

    def of(self, row: Row[Any]) -> bytes:
        """The reading as it stands; what moved is told from the machine's own ranking."""
        place = self._place(row.id, row.version)
        try:
            return place.read_bytes()
        except FileNotFoundError:
            revision = self._readings.now(row)
            before = self._readings.machine(row.id).case["differential"]
            made = reading_of(row.version, revision, before).model_dump_json().encode()
            _keep(place, made)
            return made

    def _place(self, id: str, version: int) -> Path:
        stamp = f"{__version__} {self._readings.ground.weigher.table.knowledge.version}"
        name = hashlib.sha256(stamp.encode()).hexdigest()[:12]
        return self._folder.case(id) / "readings" / f"{version}-{name}.json"


def reading_of(version: int, revision: Revision, before: Any) -> Reading:
    """The reading of a revision, and what moved since the differential ``before``."""
    return Reading(
        version=version,
        headline=revision.headline,
        record=revision.record,
        questions=[_question(answer) for answer in revision.questions],
        moved=movement(before, revision.record["differential"])["moved"],
    )


def _question(answer: Answer) -> Question:
    q = answer.question
    bits = round(answer.bits, 4)
    return Question(about=q.about, key=q.key, words=q.words, outcomes=list(q.outcomes), bits=bits)


def _keep(place: Path, made: bytes) -> None:
    """Whole or not at all; where it cannot be kept it is made again next time."""
    part = place.with_suffix(f".{secrets.token_hex(4)}.part")
    with contextlib.suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        part.write_bytes(made)
        part.rename(place)
