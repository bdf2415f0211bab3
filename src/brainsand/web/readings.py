"""What does a case say now? The machine's record with what people corrected, made once a version and kept warm."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Row

from brainsand.errors import InputRefused
from brainsand.revision import Ground, Revision, load_ground, revised
from brainsand.web.edits import Corrected, corrected_of
from brainsand.web.folder import DataFolder
from brainsand.web.refused import Refused
from brainsand.web.store import Store

KEPT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Machine:
    """What the analysis left of a case."""

    case: dict[str, Any]
    view: dict[str, Any]


class Readings:
    """Records by case and version; the knowledge behind them is loaded at the first need, or by ``warm``."""

    def __init__(self, store: Store, folder: DataFolder) -> None:
        self._store, self._folder = store, folder
        self._machines: OrderedDict[str, Machine] = OrderedDict()
        self._revisions: OrderedDict[tuple[str, int], Revision] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def ground(self) -> Ground:
        """Weigher and norms, loaded once a process."""
        return _ground()

    def machine(self, id: str) -> Machine:
        """The machine's answer; 409 where there is none yet."""
        with self._lock:
            if id in self._machines:
                self._machines.move_to_end(id)
                return self._machines[id]
        place = self._folder.result(id)
        try:
            case = json.loads((place / "case.json").read_text(encoding="utf-8"))
            view = json.loads((place / "viewer" / "view.json").read_text(encoding="utf-8"))
        except FileNotFoundError as fault:
            raise Refused(
                409, "not_ready", "The case is not analyzed yet.", "Wait until it is done."
            ) from fault
        found = Machine(case=case, view=view)
        self._keep(self._machines, id, found)
        return found

    def now(self, row: Row[Any]) -> Revision:
        """The case as it stands with every correction up to its version."""
        key = (row.id, row.version)
        with self._lock:
            if key in self._revisions:
                self._revisions.move_to_end(key)
                return self._revisions[key]
        with self._store.reading() as db:
            corrected = corrected_of(db, row.id, up_to=row.version)
        found = self.of(row.id, corrected)
        self._keep(self._revisions, key, found)
        return found

    def of(self, id: str, corrected: Corrected) -> Revision:
        """The case with these corrections; 422 where a fact cannot be understood."""
        machine = self.machine(id)
        try:
            return revised(
                machine.case,
                machine.view,
                self.ground,
                corrections=corrected.deposits,
                patient=corrected.patient,
            )
        except InputRefused as refusal:
            raise Refused(422, refusal.code, refusal.came, refusal.todo) from refusal

    def keep(self, id: str, version: int, revision: Revision) -> None:
        """A revision that was made for a version before it came to be."""
        self._keep(self._revisions, (id, version), revision)

    def forget(self, id: str) -> None:
        """Drop what is kept of a case (it was analyzed anew, or removed)."""
        with self._lock:
            self._machines.pop(id, None)
            for key in [key for key in self._revisions if key[0] == id]:
                del self._revisions[key]

    def _keep(self, shelf: OrderedDict[Any, Any], key: Any, value: Any) -> None:
        with self._lock:
            shelf[key] = value
            while len(shelf) > KEPT:
                shelf.popitem(last=False)


@cache
def _ground() -> Ground:
    return load_ground()


def facts_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The patient's facts of a record as a patient file has them: what is empty is left out."""
    told = {k: v for k, v in record["patient"].items() if v not in (None, [], {})}
    told["phenotype"] = [
        {k: v for k, v in term.items() if k != "onset_years"} for term in told.get("phenotype", [])
    ]
    return told
